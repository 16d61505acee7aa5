package io.outpost.routes;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.http.ContractFile;
import io.outpost.http.ContractRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.Resource;

/**
 * The names that an installation's routes may use.
 *
 * @param beans names of the beans that steps may call
 * @param type returns the class of a bean; null when no bean has that name
 * @param settings names of the settings, for suggestions
 * @param setting returns the value of a setting; null when there is none
 * @param operations operationIds of the contract
 * @param queues names of the queues, without the environment
 */
record Known(
    Collection<String> beans,
    Function<String, @Nullable Class<?>> type,
    Collection<String> settings,
    UnaryOperator<@Nullable String> setting,
    Collection<String> operations,
    Collection<String> queues) {

  private static final String OURS = "io.outpost.";

  /**
   * Reads the names from an application, whether it is started or not.
   *
   * @param folder the mounted folder; null when there is none
   */
  static Known of(
      ListableBeanFactory beans, ConfigurableEnvironment settings, @Nullable Path folder)
      throws IOException {
    var file =
        new DefaultResourceLoader().getResource(settings.getRequiredProperty("outpost.contract"));
    var operations = operations(file, folder);
    var contract = new ContractNames(operations);
    return new Known(
        Stream.of(beans.getBeanDefinitionNames()).filter(name -> isOurs(beans, name)).toList(),
        name -> isOurs(beans, name) ? beans.getType(name, false) : null,
        names(settings),
        name ->
            Optional.ofNullable(contract.getProperty(name))
                .orElseGet(() -> settings.getProperty(name)),
        operations,
        queues(folder));
  }

  /**
   * Whether a bean is the product's own. A started application has many more beans, including
   * Camel's, with which a step could affect any flow; and the check command, which starts nothing,
   * does not know them.
   */
  private static boolean isOurs(ListableBeanFactory beans, String name) {
    if (!(beans instanceof ConfigurableListableBeanFactory all)
        || !all.containsBeanDefinition(name)) {
      return false;
    }
    var definition = all.getBeanDefinition(name);
    var maker = definition.getFactoryBeanName();
    var made = maker == null ? definition.getBeanClassName() : null;
    var type = maker == null ? null : all.getType(maker, false);
    return String.valueOf(type == null ? made : type.getName()).startsWith(OURS);
  }

  private static List<String> operations(Resource file, @Nullable Path folder) throws IOException {
    try {
      return ContractFile.read(file, folder).get("paths").findValuesAsText("operationId");
    } catch (ContractRefused e) {
      throw new RoutesRefused(
          List.of(new Finding(ContractFile.ADDITION, e.line(), "", "", e.fault())));
    }
  }

  /** The same names, with the queues that a folder declares at present. */
  Known withQueuesOf(@Nullable Path folder) throws IOException {
    return new Known(beans, type, settings, setting, operations, queues(folder));
  }

  private static Set<String> queues(@Nullable Path folder) throws IOException {
    var queues =
        new TreeSet<>(namesIn(new ClassPathResource("schema/queues.json").getContentAsByteArray()));
    var more = folder == null ? null : folder.resolve(MountedFolder.QUEUES);
    if (more != null && Files.exists(more)) {
      queues.addAll(OwnQueues.read(Files.readString(more), queues));
    }
    return queues;
  }

  private static Set<String> namesIn(byte[] json) throws IOException {
    var names = new TreeSet<String>();
    new ObjectMapper().readTree(json).fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Set<String> names(ConfigurableEnvironment settings) {
    var names = new TreeSet<String>();
    settings.getPropertySources().stream()
        .filter(EnumerablePropertySource.class::isInstance)
        .map(source -> ((EnumerablePropertySource<?>) source).getPropertyNames())
        .flatMap(java.util.Arrays::stream)
        .filter(name -> name.startsWith("outpost."))
        .forEach(names::add);
    return names;
  }
}
