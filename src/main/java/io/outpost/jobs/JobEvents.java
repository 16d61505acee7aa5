package io.outpost.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.http.Call;
import io.outpost.job.Job;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Answers requests for a job's events. Stateless. */
@Component("jobEvents")
public class JobEvents {

  private final WatchedJobs watchedJobs;
  private final OutputParts parts;
  private final ObjectMapper mapper;
  private final JobSettings settings;

  JobEvents(WatchedJobs watchedJobs, OutputParts parts, ObjectMapper mapper, JobSettings settings) {
    this.watchedJobs = watchedJobs;
    this.parts = parts;
    this.mapper = mapper;
    this.settings = settings;
  }

  /**
   * Opens the stream after the client's last event. A client that has already received the end gets
   * 204, which keeps browsers from reconnecting.
   */
  public void open(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var message = exchange.getMessage();
    var position = call.header("Last-Event-ID").map(EventPosition::of).orElse(EventPosition.START);
    if (position.closed() && position.hasTold(job)) {
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, 204);
      message.setBody(null);
      return;
    }
    message.setHeader(Exchange.HTTP_RESPONSE_CODE, 200);
    message.setHeader(Exchange.CONTENT_TYPE, "text/event-stream");
    message.setHeader("X-Accel-Buffering", "no");
    message.setBody(
        call.wantsBody()
            ? new JobEventStream(
                watchedJobs.watch(job, call, true),
                parts,
                mapper,
                position,
                Instant.now().plus(settings.streamFor()))
            : null);
  }
}
