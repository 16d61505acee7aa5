package io.outpost.worker.agent;

import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.SearchPath;
import java.io.IOException;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.system.ApplicationHome;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.core.env.Environment;

/** Creates the worker's launcher, and checks once which agents can run. */
@Configuration(proxyBeanMethods = false)
@Profile({"worker", "local"})
class AgentProcessConfiguration {

  @Bean
  AgentRunSettings agentRunSettings(
      Environment environment, @Value("${outpost.worker.slots}") int slots) throws IOException {
    AgentRunSettings set =
        Binder.get(environment).bind("outpost.worker.agents", AgentRunSettings.class).get();
    return JobShare.here(set.directory(), slots).complete(set);
  }

  @Bean
  Slots slots(AgentRunSettings settings) throws IOException {
    return new Isolation(settings).slots(settings.directory());
  }

  @Bean
  AgentLauncher agentLauncher(SearchPath programs, AgentRunSettings settings, Slots slots) {
    return new AgentLauncher(programs, settings, slots);
  }

  @Bean
  AgentInventory agentInventory(
      AgentCatalogue catalogue, SearchPath programs, AgentLauncher launcher) {
    return new AgentInventory(catalogue, programs, launcher);
  }

  @Bean
  ApplicationListener<ApplicationReadyEvent> agentReport(AgentInventory inventory) {
    return ready ->
        Thread.startVirtualThread(
            () -> {
              inventory.check();
              var program = new ApplicationHome(AgentInventory.class).getSource();
              if (program.isFile()) { // a folder means a developer's checkout
                inventory.warnIfReadable(program.toPath());
              }
            });
  }
}
