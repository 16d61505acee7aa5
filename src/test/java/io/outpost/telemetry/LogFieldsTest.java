package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ClassPathResource;
import org.springframework.mock.env.MockEnvironment;

/**
 * Every log line has its route, request, tenant, job and attempt, as JSON and as text; a step
 * without a subject does not inherit the previous one's.
 */
@ExtendWith(OutputCaptureExtension.class)
class LogFieldsTest {

  private static final LogSubject CALL = () -> Map.of("request_id", "r-1", "tenant_id", "t-1");
  private static final LogSubject RUN = () -> Map.of("job_id", "j-1", "attempt", "2");

  private final LoggerContext loggers = new LoggerContext();

  @AfterEach
  void stop() {
    loggers.stop();
  }

  @Test
  void asJsonInAContainer(CapturedOutput output) throws Exception {
    route(logger("json"));
    var lines = output.getOut().lines().filter(line -> line.startsWith("{")).toList();
    assertThat(lines).hasSize(6).allSatisfy(line -> new ObjectMapper().readTree(line));
    assertThat(fields(lines.get(0))).isEqualTo(Map.of("message", "begun", "route", "outer"));
    assertThat(fields(lines.get(1)))
        .isEqualTo(
            Map.of("message", "called", "route", "outer", "request_id", "r-1", "tenant_id", "t-1"));
    assertThat(fields(lines.get(2)))
        .isEqualTo(
            Map.of(
                "message",
                "a\nb",
                "route",
                "inner",
                "request_id",
                "r-1",
                "tenant_id",
                "t-1",
                "job_id",
                "j-1",
                "attempt",
                "2"));
    assertThat(fields(lines.get(3)))
        .containsEntry("tenant_id", "its own")
        .containsEntry("route", "inner");
    assertThat(new ObjectMapper().readTree(lines.get(3)).at("/error/stack_trace").asText())
        .contains("\tat ");
    assertThat(fields(lines.get(4)))
        .containsEntry("message", "back")
        .containsEntry("route", "outer");
    assertThat(fields(lines.get(5))).isEqualTo(Map.of("message", "outside"));
  }

  @Test
  void asTextOnALaptop(CapturedOutput output) throws Exception {
    route(logger("text"));
    assertThat(output.getOut())
        .contains(" : begun  route=outer\n")
        .contains(" : a\\nb  route=inner ")
        .contains(" tenant_id=its own ")
        .containsPattern(" job_id=j-1")
        .contains(" : outside\n");
  }

  /** An outer route calls an inner one; the last line is logged outside of routes. */
  private static void route(Logger lines) throws Exception {
    try (var camel = new DefaultCamelContext()) {
      camel.addRoutePolicyFactory(
          new FlowPolicy(SilentTelemetry.tracing(), new SimpleMeterRegistry()));
      camel.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("direct:outer")
                  .routeId("outer")
                  .process(exchange -> lines.info("begun"))
                  .process(exchange -> exchange.setProperty("call", CALL))
                  .process(exchange -> lines.info("called"))
                  .to("direct:inner")
                  .process(exchange -> lines.info("back"));
              from("direct:inner")
                  .routeId("inner")
                  .process(exchange -> exchange.setProperty("run", RUN))
                  .process(exchange -> lines.info("a\nb"))
                  .process(
                      exchange ->
                          lines
                              .atWarn()
                              .addKeyValue("tenant_id", "its own")
                              .setCause(new IllegalStateException("why"))
                              .log("failed"));
            }
          });
      camel.start();
      try (var send = camel.createProducerTemplate()) {
        send.sendBody("direct:outer", "");
      }
      lines.info("outside");
    }
  }

  /** Logs with the product's own configuration, as JSON or as text. */
  private Logger logger(String format) throws Exception {
    var environment = new MockEnvironment().withProperty("OUTPOST_LOG_FORMAT", format);
    new YamlPropertySourceLoader()
        .load("settings", new ClassPathResource("application.yaml"))
        .forEach(environment.getPropertySources()::addLast);
    loggers.setMDCAdapter(new LogbackMDCAdapter());
    loggers.putObject(Environment.class.getName(), environment);
    loggers.putProperty(
        "CONSOLE_LOG_STRUCTURED_FORMAT",
        environment.getRequiredProperty("logging.structured.format.console"));
    var configurator = new JoranConfigurator();
    configurator.setContext(loggers);
    configurator.doConfigure(getClass().getResource("/logback.xml"));
    return loggers.getLogger("io.outpost.test");
  }

  private static Map<String, String> fields(String line) throws Exception {
    JsonNode tree = new ObjectMapper().readTree(line);
    var fields = new TreeMap<String, String>();
    for (var name : List.of("message", "route", "request_id", "tenant_id", "job_id", "attempt")) {
      if (tree.has(name)) {
        fields.put(name, tree.get(name).asText());
      }
    }
    return fields;
  }
}
