package io.outpost.jobs;

import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.jobs.OutputParts.Part;
import java.time.Duration;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Message;
import org.springframework.stereotype.Component;

/** Answers with a part of an output: the bytes from an offset on. Stateless. */
@Component("outputAnswer")
public class OutputAnswer {

  /** The interval of checks for the last output of a cancelled agent. */
  private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

  private final OutputParts parts;
  private final WatchedJobs watchedJobs;
  private final JobSettings settings;

  OutputAnswer(OutputParts parts, WatchedJobs watchedJobs, JobSettings settings) {
    this.parts = parts;
    this.watchedJobs = watchedJobs;
    this.settings = settings;
  }

  /** Whether the client follows the output from an offset on. */
  public boolean isFollowing(@Header("from") Long from, @Header("wait") Integer wait) {
    return from != null || wait != null;
  }

  /**
   * Waits for output after the offset, and answers with it up to the limit of direct answers. The
   * body is empty when the time is over.
   */
  public void follow(
      @ExchangeProperty("job") Job job,
      @Header("from") Long from,
      @Header("wait") Integer wait,
      @ExchangeProperty(Call.NAME) Call call,
      Exchange exchange)
      throws InterruptedException {
    long offset = from == null ? 0 : from;
    var deadline = Instant.now().plusSeconds(wait == null ? 0 : wait);
    var part = read(job, offset);
    var current = job;
    if (isNothing(current, part, offset) && Instant.now().isBefore(deadline)) {
      try (var watch = watchedJobs.watch(job, call, true)) {
        var seen = watch.seen();
        while (isNothing(current, part, offset)
            && Instant.now().isBefore(deadline)
            && !watch.isOver()) {
          watch.await(seen, isEnding(current) ? sooner(deadline) : deadline);
          seen = watch.seen();
          current = seen.job();
          if (seen.outputOfRun() > offset || current.status().isTerminal()) {
            part = read(current, offset);
          }
        }
      }
    }
    answer(exchange.getMessage(), current, part, offset);
  }

  private static void answer(Message message, Job job, Part part, long offset) {
    var end = offset + part.bytes().length;
    message.setBody(part.bytes());
    message.setHeader(Exchange.CONTENT_TYPE, "text/plain; charset=utf-8");
    message.setHeader("X-Output-Offset", Long.toString(end));
    message.setHeader("X-Output-Attempt", Integer.toString(job.attempts()));
    message.setHeader(
        "X-Output-Complete", Boolean.toString(OutputParts.isComplete(job, part, end)));
  }

  /**
   * Reads output of the job's latest run. The key of the attempt may still have output of an
   * earlier, released run, which is ignored.
   */
  private Part read(Job job, long offset) {
    var part = parts.read(job, job.attempts(), offset, settings.inlineOutput().toBytes());
    return part.isOf(job) || job.status() == Job.Status.pending
        ? part
        : new Part(new byte[0], offset, null, false);
  }

  private static boolean isNothing(Job job, Part part, long offset) {
    return part.bytes().length == 0 && !OutputParts.isComplete(job, part, offset);
  }

  private static boolean isEnding(Job job) {
    return job.status().isTerminal();
  }

  private static Instant sooner(Instant deadline) {
    var next = Instant.now().plus(LOOK_AGAIN);
    return next.isBefore(deadline) ? next : deadline;
  }
}
