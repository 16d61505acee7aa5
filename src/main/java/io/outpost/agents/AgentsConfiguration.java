package io.outpost.agents;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** Loads the agent catalogue from the jar, from the installation's folder, and from settings. */
@Configuration(proxyBeanMethods = false)
class AgentsConfiguration {

  /** The subfolder of a mounted folder that contains agents. */
  private static final String BESIDE_ROUTES = "agents";

  /** When the demo script replaces an agent. */
  enum Demo {
    NEVER,
    /** When the agent's program is not installed. */
    MISSING,
    ALWAYS
  }

  @Bean
  SearchPath agentPrograms(
      @Value("${outpost.agents.path:${PATH:/usr/local/bin:/usr/bin:/bin}}") String folders) {
    return new SearchPath(folders);
  }

  @Bean
  AgentCatalogue agentCatalogue(
      Environment settings,
      SearchPath programs,
      @Value("${outpost.agents.folder:}") String folder,
      @Value("${outpost.routes:}") String routes,
      @Value("${outpost.agents.demo:never}") Demo demo)
      throws IOException {
    List<Map.Entry<String, String>> files = new ArrayList<>(filesAt("classpath*:agents/*.yaml"));
    if (!routes.isBlank() && Files.isDirectory(Path.of(routes, BESIDE_ROUTES))) {
      files.addAll(filesAt("file:" + Path.of(routes, BESIDE_ROUTES) + "/*.yaml"));
    }
    if (!folder.isBlank()) {
      files.addAll(filesAt("file:" + folder + "/*.yaml"));
    }
    AgentCatalogue catalogue = AgentCatalogue.of(files);
    Predicate<Agent> missing = agent -> programs.find(agent.command().getFirst()).isEmpty();
    Predicate<Agent> played =
        switch (demo) {
          case NEVER -> agent -> false;
          case MISSING -> missing;
          case ALWAYS -> agent -> true;
        };
    catalogue = catalogue.withDemo(demoCommand(), played);
    return catalogue.withOverrides(settings::getProperty);
  }

  private static List<Map.Entry<String, String>> filesAt(String pattern) throws IOException {
    List<Map.Entry<String, String>> files = new ArrayList<>();
    for (Resource resource : new PathMatchingResourcePatternResolver().getResources(pattern)) {
      files.add(
          Map.entry(resource.getFilename(), resource.getContentAsString(StandardCharsets.UTF_8)));
    }
    return files;
  }

  /**
   * The command with the script inside it, so that the users of agents need no right to read a
   * file.
   */
  private static List<String> demoCommand() throws IOException {
    String script =
        new ClassPathResource("demo-agent.sh").getContentAsString(StandardCharsets.UTF_8);
    return List.of("/bin/sh", "-c", script, "demo-agent");
  }
}
