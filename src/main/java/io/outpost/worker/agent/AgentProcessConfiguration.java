package io.outpost.worker.agent;

import io.outpost.platform.agents.SearchPath;
import java.io.IOException;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** Gives the worker its launcher. */
@Configuration(proxyBeanMethods = false)
@Profile({"worker", "local"})
@EnableConfigurationProperties(AgentRunSettings.class)
class AgentProcessConfiguration {

  @Bean
  AgentLauncher agentLauncher(SearchPath programs, AgentRunSettings settings) throws IOException {
    return new AgentLauncher(programs, settings, new Isolation(settings).choose());
  }
}
