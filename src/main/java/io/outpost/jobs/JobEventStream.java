package io.outpost.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.job.Job;
import io.outpost.jobs.WatchedJob.Seen;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;

/**
 * The event stream of one job as an answer's body: each read returns the available events, or waits
 * for one. The next event depends only on the position and the job, so that a client can resume a
 * stream. For one thread.
 *
 * <p>The order of events: for every attempt that is over, its whole output; the job, whenever it
 * has changed; the output of the running attempt, as it is written; finally the ended job, and the
 * end of the stream.
 */
final class JobEventStream extends InputStream {

  private static final Duration COMMENT_EVERY = Duration.ofSeconds(15);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(500);
  private static final int MOST_BYTES = 32 * 1024;

  private final WatchedJobs.Watch watch;
  private final OutputParts parts;
  private final EventText text;
  private final Instant until;
  private EventPosition position;
  private long held;
  private byte[] ready;
  private int read;
  private boolean done;

  /**
   * @param until when the stream ends and the client must ask again
   */
  JobEventStream(
      WatchedJobs.Watch watch,
      OutputParts parts,
      ObjectMapper mapper,
      EventPosition position,
      Instant until) {
    this.watch = watch;
    this.parts = parts;
    this.text = new EventText(mapper);
    this.position = position;
    this.until = until;
    this.ready = EventText.HEAD;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int length) throws IOException {
    while (read == ready.length && !done) {
      try {
        ready = new byte[0];
        read = 0;
        advance(watch.seen());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException();
      }
    }
    if (read == ready.length) {
      return -1;
    }
    var count = Math.min(length, ready.length - read);
    System.arraycopy(ready, read, bytes, from, count);
    read += count;
    return count;
  }

  @Override
  public void close() {
    done = true;
    watch.close();
  }

  /** Sends the next event, or waits for one. */
  private void advance(Seen seen) throws InterruptedException {
    var job = seen.job();
    if (position.hasTold(job)) {
      goOn(seen);
    } else if (position.isStart()) {
      tell(startOf(job));
    } else if (position.isInRun(job)) {
      finish(seen);
    } else if (position.isRunning() && position.attempt() == position.attempts()) {
      drainLeftRun(job);
    } else if (position.attempt() < job.attempts()
        || (position.attempt() == job.attempts() && job.status() == Job.Status.pending)) {
      drain(job);
    } else if (job.status().isTerminal()
        && (position.attempt() == job.attempts() || position.isBeforeRun(job))) {
      tellRun(EventText.asRunning(job));
    } else if (job.status() == Job.Status.running) {
      tellRun(job);
    } else {
      tell(job);
    }
  }

  /**
   * The first state to send. An ended job is sent as running first, because its output comes before
   * its end.
   */
  private static Job startOf(Job job) {
    return job.status().isTerminal() && job.startedAt() != null ? EventText.asRunning(job) : job;
  }

  /**
   * For an unchanged job: sends new output, the end of the stream, or a comment after a silence.
   */
  private void goOn(Seen seen) throws InterruptedException {
    var job = seen.job();
    if (job.status().isTerminal()) {
      position = position.end();
      ready = text.end(position, job);
      done = true;
    } else if (job.status() == Job.Status.running && position.attempt() < job.attempts()) {
      drain(job);
    } else if (job.status() != Job.Status.running
        || seen.outputOfRun() <= position.offset() + held
        || !tellOutput(job, false)) {
      await(seen, COMMENT_EVERY);
    }
  }

  /** For a run that has ended the job: sends the rest of its output, then the job. */
  private void finish(Seen seen) throws InterruptedException {
    var job = seen.job();
    if (position.attempt() < job.attempts()) {
      drain(job);
    } else if (!tellOutput(job, true)) {
      var part = parts.read(job, position.attempt(), position.offset(), 1);
      if (OutputParts.isComplete(job, part, position.offset())) {
        tell(job);
      } else if (part.bytes().length == 0) {
        await(seen, LOOK_AGAIN);
      }
    }
  }

  /** For a run that is over without ending the job: sends the rest of its output. */
  private void drainLeftRun(Job job) {
    var part = parts.read(job, position.attempt(), position.offset(), MOST_BYTES);
    var isOfRun = part.run() == null || part.run().equals(position.run());
    if (!isOfRun || !tellOutput(part, true)) {
      position = position.atAttempt(position.attempts() + 1);
    }
  }

  /** For an attempt that is over: sends the rest of its output. */
  private void drain(Job job) {
    if (!tellOutput(parts.read(job, position.attempt(), position.offset(), MOST_BYTES), true)) {
      position = position.atAttempt(position.attempt() + 1);
    }
  }

  private boolean tellOutput(Job job, boolean last) {
    var part = parts.read(job, position.attempt(), position.offset(), MOST_BYTES);
    return part.isOf(job) && tellOutput(part, last);
  }

  private boolean tellOutput(OutputParts.Part part, boolean last) {
    if (part.bytes().length == 0) {
      return false;
    }
    var end = position.offset() + part.bytes().length;
    var output = OutputText.of(part.bytes(), last && end >= part.size());
    held = output.length() == 0 ? part.bytes().length : 0;
    if (output.length() == 0) {
      return false;
    }
    var data = new LinkedHashMap<String, Object>();
    data.put("offset", position.offset());
    data.put(output.field().getKey(), output.field().getValue());
    data.put("attempt", position.attempt());
    position = position.after(output.length());
    ready = text.output(position, data);
    return true;
  }

  /** For a new run: sends the job; the run's output begins at offset 0. */
  private void tellRun(Job job) {
    position = position.atAttempt(job.attempts());
    held = 0;
    tell(job);
  }

  private void tell(Job job) {
    position = position.told(job);
    ready = text.job(position, job);
  }

  private void await(Seen seen, Duration atMost) throws InterruptedException {
    var now = Instant.now();
    if (watch.isOver() || !now.isBefore(until)) {
      done = true;
      return;
    }
    var next = now.plus(atMost);
    watch.await(seen, next.isBefore(until) ? next : until);
    if (watch.seen() == seen && atMost.equals(COMMENT_EVERY)) {
      ready = EventText.COMMENT;
    }
  }
}
