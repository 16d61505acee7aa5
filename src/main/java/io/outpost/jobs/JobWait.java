package io.outpost.jobs;

import io.outpost.http.Call;
import io.outpost.job.Job;
import java.time.Instant;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;

/** Waits for the end of a job. Stateless. */
@Component("jobWait")
public class JobWait {

  private final WatchedJobs watchedJobs;

  JobWait(WatchedJobs watchedJobs) {
    this.watchedJobs = watchedJobs;
  }

  /** The job at its end, or in its current state when this many seconds are over. */
  public Job awaitEnd(
      @Body Job job, @Header("wait") Integer wait, @ExchangeProperty(Call.NAME) Call call)
      throws InterruptedException {
    if (wait == null || wait == 0 || job.status().isTerminal()) {
      return job;
    }
    var deadline = Instant.now().plusSeconds(wait);
    try (var watch = watchedJobs.watch(job, call, false)) {
      var seen = watch.seen();
      while (!seen.job().status().isTerminal()
          && Instant.now().isBefore(deadline)
          && !watch.isOver()) {
        watch.await(seen, deadline);
        seen = watch.seen();
      }
      return seen.job();
    }
  }
}
