package io.outpost.worker;

import io.outpost.blackbox.Client;
import io.outpost.local.AwsCalls;
import io.outpost.local.BackgroundWork;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.Sizes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Provides API and worker with times of seconds instead of minutes, on their own embedded AWS; one
 * pair for all tests of a JVM, paused while no class uses it. Injected failures end with the test.
 */
public final class ImpatientOutpost
    implements ParameterResolver, AfterEachCallback, AfterAllCallback {

  /** The lease and the visibility timeout, in seconds. */
  static final int LEASE = 6;

  /** The limit of a job's output, in MB. */
  static final int OUTPUT = Sizes.of(128, 1024);

  /** The parts that a test may use. */
  record Impatient(
      EmbeddedAws aws,
      LocalOutpost outpost,
      Client operator,
      Path removableAgent,
      BackgroundWork work) {

    AwsCalls calls() {
      return outpost.context().getBean(AwsCalls.class);
    }

    /** A new tenant with a key that can also read billing. */
    Client tenant(String tier) {
      var tenant =
          operator
              .post(
                  "/tenants",
                  "{\"name\":\"T\",\"email\":\"dev@t.example\",\"tier\":\"%s\"}".formatted(tier))
              .text("tenant_id");
      var key = "{\"name\":\"k\",\"scopes\":[\"jobs:read\",\"jobs:write\",\"billing\"]}";
      return operator.with(operator.post("/tenants/" + tenant + "/api-keys", key).text("key"));
    }

    /** Whether a process of any user runs whose command ends with this text. */
    static boolean runs(String command) {
      return ProcessHandle.allProcesses()
          .anyMatch(process -> process.info().commandLine().orElse("").endsWith(command));
    }
  }

  /**
   * Kept like the shared Outpost of {@link io.outpost.local.SharedOutpost}, and ended with the JVM.
   */
  private static Impatient started;

  static Map<String, Object> settings() {
    var settings = new HashMap<String, Object>();
    settings.put("server.port", 0);
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    settings.put("outpost.worker.lease-seconds", LEASE);
    settings.put("outpost.worker.retry-after", "1s");
    settings.put("outpost.worker.agents.output", OUTPUT + "MB");
    settings.put("outpost.worker.store-again-after", 100);
    settings.put("outpost.jobs.resend-after", "2s");
    settings.put("outpost.jobs.sweep-period", 500);
    settings.put("outpost.test.aws-calls", "true");
    // These tests use neither audit exports nor webhooks, and polling for them every second
    // costs time.
    settings.put("outpost.audit.export-period", 60_000);
    settings.put("outpost.webhooks.sweep-period", 60_000);
    return settings;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext extension) {
    return parameter.getParameter().getType() == Impatient.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext extension) {
    var impatient = impatient();
    impatient.work().goOn();
    return impatient;
  }

  @Override
  public void afterEach(ExtensionContext extension) {
    impatient().calls().work();
  }

  @Override
  public void afterAll(ExtensionContext extension) {
    impatient().work().rest();
  }

  private static synchronized Impatient impatient() {
    if (started == null) {
      started = start();
    }
    return started;
  }

  private static Impatient start() {
    var aws = EmbeddedAws.start(Optional.empty());
    try {
      var removable = removableAgent();
      var settings = settings();
      settings.put("OUTPOST_AGENT_GROK_COMMAND", removable.toString());
      // Its task is run as a shell script.
      settings.put("OUTPOST_AGENT_CODEX_COMMAND", "/bin/sh");
      var outpost = LocalOutpost.on(aws.endpoints(), "local", settings);
      var operator = Client.of(outpost.address()).with(outpost.adminKey());
      return new Impatient(aws, outpost, operator, removable, new BackgroundWork(outpost));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In a folder that other users can read, because agents run as other users. */
  private static Path removableAgent() throws IOException {
    var folder = Files.createTempDirectory(Path.of("/var/tmp"), "outpost-agent");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    return putInPlace(folder.resolve("grok"));
  }

  /** Writes a program that prints its task. */
  static Path putInPlace(Path agent) throws IOException {
    Files.writeString(agent, "#!/bin/sh\ncat\n");
    return Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
