package io.outpost.blackbox;

import io.outpost.local.AwsClients;
import io.outpost.local.LocalOutpost;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.testcontainers.containers.localstack.LocalStackContainer;
import org.testcontainers.containers.localstack.LocalStackContainer.Service;
import org.testcontainers.utility.DockerImageName;

/** Provides an Outpost on LocalStack in Docker; one for all tests of a JVM. */
final class LocalStack implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(LocalStack.class);
  private static final DockerImageName IMAGE = DockerImageName.parse("localstack/localstack:4.9");

  private record Running(LocalStackContainer aws, LocalOutpost outpost)
      implements ExtensionContext.Store.CloseableResource {

    static Running start() {
      var aws =
          new LocalStackContainer(IMAGE)
              .withServices(
                  Service.SQS, Service.DYNAMODB, Service.S3, Service.SECRETSMANAGER, Service.SNS);
      aws.start();
      var endpoints = AwsClients.Endpoints.at(aws.getEndpoint());
      return new Running(aws, LocalOutpost.on(endpoints, "local", SETTINGS));
    }

    @Override
    public void close() {
      outpost.close();
      aws.stop();
    }
  }

  private static final Map<String, Object> SETTINGS =
      Map.of("server.port", 0, "outpost.agents.demo", "always");

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext extension) {
    return parameter.getParameter().getType() == LocalOutpost.class;
  }

  @Override
  public LocalOutpost resolveParameter(ParameterContext parameter, ExtensionContext extension) {
    return extension
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(Running.class, type -> Running.start(), Running.class)
        .outpost();
  }
}
