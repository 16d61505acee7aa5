package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.outpost.job.Job;
import io.outpost.job.JobBuilder;
import io.outpost.job.JobDetails;
import io.outpost.job.JobTransitions;
import io.outpost.job.Repository;
import io.outpost.job.StoredJob;
import io.outpost.jobs.DeadLetterReader.Letter;
import io.outpost.kernel.Problem;
import java.time.Instant;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A dead letter that would fail again for the same reason is not redriven. */
class RedriveTest {

  private static final Letter BY_SSH =
      letter("01ARZ3NDEKTSV4RRFFQ69G5FAV", "git@github.com:acme/shop.git");
  private static final Letter BY_HTTPS =
      letter("01ARZ3NDEKTSV4RRFFQ69G5FAW", "https://github.com/acme/shop.git");
  private static final Letter WITHOUT = letter("01ARZ3NDEKTSV4RRFFQ69G5FAX", null);
  private static final List<Letter> ALL = List.of(BY_SSH, BY_HTTPS, WITHOUT);

  private final Exchange exchange = new DefaultExchange(new DefaultCamelContext());

  @Test
  void whereNoSshLeavesTheNetworkANamedDeadLetterThatNeedsItIsRefused() {
    assertThatThrownBy(() -> redrive(false).choose(naming(BY_HTTPS, BY_SSH), exchange))
        .isInstanceOf(Problem.class)
        .hasMessageContaining("job_ids: " + BY_SSH.job().jobId())
        .hasMessageContaining("https address");
    assertThat(redrive(false).choose(naming(BY_HTTPS, WITHOUT), exchange))
        .containsExactly(BY_HTTPS, WITHOUT);
    assertThat(redrive(true).choose(naming(BY_SSH), exchange)).containsExactly(BY_SSH);
  }

  @Test
  void thereAllMeansAllOthers() {
    var nobody = JsonNodeFactory.instance.objectNode();
    assertThat(redrive(false).choose(nobody, exchange)).containsExactly(BY_HTTPS, WITHOUT);
    assertThat(redrive(true).choose(nobody, exchange)).isEqualTo(ALL);
  }

  private static Redrive redrive(boolean ssh) {
    var reader = mock(DeadLetterReader.class);
    when(reader.all(anyInt())).thenReturn(ALL);
    return new Redrive(reader, mock(JobTransitions.class), new ReachableRepositories(false, ssh));
  }

  private static JsonNode naming(Letter... letters) {
    var body = JsonNodeFactory.instance.objectNode();
    var ids = body.putArray("job_ids");
    List.of(letters).forEach(letter -> ids.add(letter.job().jobId()));
    return body;
  }

  private static Letter letter(String id, @Nullable String url) {
    var job =
        JobBuilder.builder()
            .jobId(id)
            .tenantId("6f1c1d1e-0000-4000-8000-000000000001")
            .agent("claude")
            .command("Add a test.")
            .priority("normal")
            .timeoutSeconds(60)
            .mode("live")
            .status(Job.Status.dead_letter)
            .attempts(3)
            .createdAt(Instant.EPOCH)
            .repository(
                url == null
                    ? null
                    : new Repository(url, null, null, null, null, null, null, null, null))
            .build();
    return new Letter(id, new StoredJob(job, mock(JobDetails.class), null));
  }
}
