package io.outpost.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Queues;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobMessage;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;

/** Sends jobs to their queues. Stateless. */
@Component("jobQueue")
public class JobQueue {

  private final Queues queues;
  private final ObjectMapper mapper;

  JobQueue(Queues queues, ObjectMapper mapper) {
    this.queues = queues;
    this.mapper = mapper;
  }

  /** Sends the message of a job, which says which job it is and nothing of what it does. */
  public void send(
      @Header("queue") String queue,
      @ExchangeProperty("job") Job job,
      @ExchangeProperty(Call.NAME) Call call)
      throws JsonProcessingException {
    var trace = call == null ? null : call.traceParent().orElse(null);
    var message = new JobMessage(job.tenantId(), job.jobId(), job.priority(), trace, 0);
    queues.send(queue, mapper.writeValueAsString(message), job.tenantId(), Map.of(), 0);
  }
}
