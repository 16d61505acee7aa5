package io.outpost.worker.agent;

import io.outpost.platform.agents.SearchPath;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.util.unit.DataSize;

/** Gives the worker its launcher. */
@Configuration(proxyBeanMethods = false)
@Profile({"worker", "local"})
class AgentProcessConfiguration {

  @Bean
  AgentLauncher agentLauncher(
      SearchPath programs, @Value("${outpost.worker.output-limit:10MB}") DataSize outputLimit) {
    Confinement confinement = new SameUser(programs);
    LoggerFactory.getLogger(AgentLauncher.class).warn("Agents: {}", confinement.description());
    return new AgentLauncher(programs, outputLimit.toBytes(), confinement);
  }
}
