package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.worker.ImpatientOutpost.Impatient;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/** A job is run although the process ended between the job's write and the send of its message. */
@Tag("product")
@ExtendWith(ImpatientOutpost.class)
class P02LostMessageTest {

  private final Impatient impatient;

  P02LostMessageTest(Impatient impatient) {
    this.impatient = impatient;
  }

  @Test
  void aJobWhoseMessageWasNeverSentIsAcceptedAndRunsOnce() {
    var tenant = impatient.tenant("free");
    impatient
        .calls()
        .fail(
            call -> call instanceof SendMessageRequest send && send.queueUrl().contains("-jobs-"));
    String jobId;
    try {
      jobId = tenant.submit("claude", "Say hello");
    } finally {
      impatient.calls().work();
    }

    var job = tenant.ended(jobId);
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    assertThat(job.get("attempts").asInt()).isOne();
    assertThat(tenant.get("/billing/usage").json().get("used").asInt()).isOne();
  }
}
