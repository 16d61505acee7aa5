package io.outpost.http;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Gives Camel the contract as it is served, additions included. */
@Configuration(proxyBeanMethods = false)
class ContractConfiguration {

  /** Camel reads it by this name, and takes it for a document by how the name ends. */
  @Bean("contract.json")
  String contractDocument(Contract contract) {
    return contract.document().toString();
  }
}
