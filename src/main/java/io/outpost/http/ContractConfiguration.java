package io.outpost.http;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Gives Camel the served contract, with additions. */
@Configuration(proxyBeanMethods = false)
class ContractConfiguration {

  /** Camel reads it by this name; the ending tells it that it is JSON. */
  @Bean("contract.json")
  String contractDocument(Contract contract) {
    return contract.document().toString();
  }
}
