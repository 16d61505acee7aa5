package io.outpost.worker;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.SpanKind;
import io.outpost.agents.AgentCatalogue;
import io.outpost.aws.Names;
import io.outpost.job.JobOutput;
import io.outpost.job.RunEvidence;
import io.outpost.kernel.Ids;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Tracing;
import io.outpost.worker.agent.AgentInventory;
import io.outpost.worker.agent.AgentLaunch;
import io.outpost.worker.agent.AgentLauncher;
import io.outpost.worker.agent.StopReason;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.ExchangeProperty;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.input.BoundedInputStream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** The steps of running an agent for a job. Thread-safe. */
@Profile({"worker", "local"})
@Component("agentRuns")
public class AgentRuns {

  /**
   * How long one watch request lasts: longer than the interval at which API containers renew it.
   */
  private static final Duration WATCH_HOLDS = Duration.ofMinutes(1);

  /** A stopped agent has ended by then. */
  private static final Duration LONGEST_STOP = Duration.ofSeconds(10);

  private final AgentCatalogue catalogue;
  private final AgentLauncher launcher;
  private final ProviderKeys keys;
  private final S3Client s3;
  private final Names names;
  private final AgentInventory inventory;
  private final Tracing tracing;
  private final MeterRegistry meters;
  private final RunObjectives objectives;
  private final @Nullable String image;
  private final OutputPace pace;
  private final Set<Run> running = ConcurrentHashMap.newKeySet();
  private volatile boolean releasing;

  AgentRuns(
      AgentCatalogue catalogue,
      AgentLauncher launcher,
      ProviderKeys keys,
      S3Client s3,
      Names names,
      WorkerSettings settings,
      AgentInventory inventory,
      Tracing tracing,
      MeterRegistry meters,
      RunObjectives objectives,
      @Value("${outpost.worker.image}") String image) {
    this.tracing = tracing;
    this.meters = meters;
    this.objectives = objectives;
    this.catalogue = catalogue;
    this.launcher = launcher;
    this.keys = keys;
    this.s3 = s3;
    this.names = names;
    this.inventory = inventory;
    this.image = image.isBlank() ? null : image;
    this.pace = new OutputPace(settings);
  }

  /** Creates the run's directory: always the same path for a workspace, otherwise a new one. */
  public void open(@ExchangeProperty("run") Run run, @ExchangeProperty("slot") int slot)
      throws IOException {
    running.add(run);
    if (releasing) {
      run.stop(StopReason.RELEASED);
    }
    var name = run.found() == null ? Ids.unguessable() : run.found().pathId();
    run.opened(launcher.open(name, slot));
  }

  /** Starts the agent in the directory of the run. */
  public void start(@ExchangeProperty("run") Run run) throws IOException {
    var job = run.job();
    var found = job.isTest() ? catalogue.demoOf(job.agent()) : catalogue.find(job.agent());
    var agent =
        found.orElseThrow(() -> new IllegalStateException("No agent " + job.agent() + " here"));
    run.agentVersion(agent.demo() ? "demo" : inventory.version(agent.name()));
    var environment = new HashMap<String, String>();
    environment.put("OUTPOST_JOB_ID", job.jobId());
    var span = tracing.begin("agent " + agent.name(), SpanKind.INTERNAL, run.span());
    run.agentSpan(span);
    Tracing.context(span)
        .or(() -> Tracing.context(run.span()))
        .or(() -> Optional.ofNullable(run.details().traceParent()))
        .or(() -> Optional.ofNullable(run.details().callerTrace()))
        .ifPresent(context -> environment.put("TRACEPARENT", context));
    var launch =
        new AgentLaunch(
            job.model() == null ? agent : agent.withModel(job.model()),
            job.command(),
            run.files(),
            job.isTest() ? Map.of() : keys.of(job.tenantId(), agent, job.secrets()),
            environment,
            Duration.ofSeconds(job.timeoutSeconds()),
            job.maxCostUsd(),
            new AgentLaunch.Conversation(
                job.workspace() != null, job.continues() == null ? null : job.conversation()));
    running.add(run); // in tests that have opened nothing
    if (releasing) {
      run.stop(StopReason.RELEASED);
    }
    run.started(launcher.start(launch));
    Metric.JOB_START
        .timer(meters, job.priority())
        .record(Duration.between(job.startedAt(), Instant.now()));
    objectives.started(run);
  }

  /** Waits until the agent has ended, or until its output may be stored again. */
  public void await(@ExchangeProperty("run") Run run) throws InterruptedException {
    if (run.process().awaitChange(pace.longestSleep(run, Instant.now()))) {
      run.endAgentSpan();
      run.agentEnded(Instant.now());
    }
  }

  /** Stops an agent that reports a cost of the job's limit or more. */
  public void watchCost(@ExchangeProperty("run") Run run) throws IOException {
    var most = run.job().maxCostUsd();
    if (most != null && run.process().usageSoFar().filter(usage -> usage.costs(most)).isPresent()) {
      run.stop(StopReason.COST_LIMIT);
    }
  }

  /** Whether there is enough new output to store. */
  public boolean hasNewOutput(@ExchangeProperty("run") Run run) {
    return run.wantsStoring(Instant.now(), pace);
  }

  /** Stores the output so far, so that it can be read and survives a crash. */
  public void storeOutput(@ExchangeProperty("run") Run run) throws IOException {
    var file = run.process().output();
    var ended = Boolean.toString(!run.process().isRunning());
    if (!run.process().isRunning() && run.process().result().outputCut()) {
      run.warn("output-truncated", "The output reached its limit; the rest was dropped.");
    }
    var size = Files.exists(file) ? Files.size(file) : 0;
    if (!run.process().isRunning()) {
      try (var printed = open(file, size)) {
        run.evidence(
            new RunEvidence(DigestUtils.sha256Hex(printed), size, run.agentVersion(), image));
      }
    }
    var began = Instant.now();
    s3.putObject(
        p ->
            p.bucket(names.bucket("output"))
                .key(JobOutput.key(run.job()))
                .metadata(Map.of(JobOutput.RUN, JobOutput.run(run.job()), JobOutput.ENDED, ended))
                .contentType("text/plain; charset=utf-8"),
        RequestBody.fromContentProvider(() -> open(file, size), size, "text/plain; charset=utf-8"));
    var now = Instant.now();
    run.stored(size, now, Duration.between(began, now));
    if (ended.equals("true")) {
      run.keptOutput(now);
    }
  }

  /** Removes the run's leftovers on this machine. An agent that still runs is stopped first. */
  public void clean(@ExchangeProperty("run") Run run) throws InterruptedException {
    if (run.isRunning()) {
      run.stop(StopReason.RELEASED);
      var unused = run.process().awaitChange(LONGEST_STOP);
    }
    run.endAgentSpan();
    running.remove(run);
    if (run.hasFiles()) {
      run.files().close();
    }
  }

  /** Stops the agent of a cancelled job, if the agent runs on this worker. */
  public void cancel(String tenantId, String jobId) {
    running.stream()
        .filter(run -> run.job().jobId().equals(jobId) && run.job().tenantId().equals(tenantId))
        .forEach(run -> run.lose(StopReason.CANCELLED));
  }

  /** Stores the output of a job that a client follows more often, while the job runs here. */
  public void watch(String tenantId, String jobId) {
    var until = Instant.now().plus(WATCH_HOLDS);
    running.stream()
        .filter(run -> run.job().jobId().equals(jobId) && run.job().tenantId().equals(tenantId))
        .forEach(run -> run.watchedUntil(until));
  }

  /** The number of runs on this worker. */
  int count() {
    return running.size();
  }

  /** Whether any agent runs here. */
  public boolean isBusy() {
    return !running.isEmpty();
  }

  /** Stops every agent, also those about to start, so that their jobs are released. */
  public void releaseAll() {
    releasing = true;
    running.forEach(run -> run.stop(StopReason.RELEASED));
  }

  /** The first {@code size} bytes only, because the file may grow while it is read. */
  private static InputStream open(Path file, long size) {
    try {
      if (size == 0) {
        return InputStream.nullInputStream();
      }
      return BoundedInputStream.builder()
          .setInputStream(new BufferedInputStream(Files.newInputStream(file)))
          .setMaxCount(size)
          .get();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
