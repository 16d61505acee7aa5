package io.outpost.platform.agents;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/**
 * Loads the agent catalogue from the jar, from a folder of the deployment's own, and from its
 * settings.
 */
@Configuration(proxyBeanMethods = false)
class AgentsConfiguration {

  /** When the demo script stands in for an agent. */
  enum Demo {
    NEVER,
    /** For agents whose program is not installed. */
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
      @Value("${outpost.agents.demo:never}") Demo demo)
      throws IOException {
    List<Map.Entry<String, String>> files = new ArrayList<>(filesAt("classpath*:agents/*.yaml"));
    if (!folder.isBlank()) {
      files.addAll(filesAt("file:" + folder + "/*.yaml"));
    }
    AgentCatalogue catalogue = AgentCatalogue.of(files);
    if (demo != Demo.NEVER) {
      Predicate<Agent> missing = agent -> programs.find(agent.command().getFirst()).isEmpty();
      catalogue =
          catalogue.withDemo(
              List.of("/bin/sh", demoScript().toString()),
              demo == Demo.ALWAYS ? agent -> true : missing);
    }
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

  /** The demo script as a file that every user may read. */
  private static Path demoScript() throws IOException {
    Path folder = Files.createTempDirectory("outpost-demo");
    Path script = folder.resolve("demo-agent.sh");
    try (InputStream in = AgentsConfiguration.class.getResourceAsStream("/demo-agent.sh")) {
      Files.copy(in, script);
    }
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rw-r--r--"));
    folder.toFile().deleteOnExit();
    script.toFile().deleteOnExit();
    return script;
  }
}
