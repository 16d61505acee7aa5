package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Concurrent submissions get exactly the quota's number of jobs. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P15QuotaIsExactTest {

  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";

  @Test
  void ofTwoHundredAtOnceTheLastFreeJobIsGivenOnce(TwoApis apis) {
    var customer = Customer.of(apis.admin(), "free");
    for (int i = 0; i < 9; i++) {
      assertThat(customer.client().post("/jobs", JOB).status()).isEqualTo(202);
    }
    var answers =
        AtOnce.times(
            200,
            i ->
                (i % 2 == 0 ? customer.client() : customer.client().at(apis.second()))
                    .post("/jobs", JOB));
    assertThat(answers).filteredOn(answer -> answer.status() == 202).hasSize(1);
    assertThat(answers)
        .filteredOn(answer -> answer.status() != 202)
        .allSatisfy(answer -> assertThat(answer.problem()).isEqualTo("quota-exceeded"))
        .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(402));
    assertThat(customer.client().get("/jobs?limit=100").json().get("data")).hasSize(10);
  }

  @Test
  void aJobCancelledWhilePendingGivesItsUnitBackOnce(TwoApis apis) {
    var customer = Customer.of(apis.admin(), "free");
    Answer last = null;
    for (int i = 0; i < 10; i++) {
      last = customer.client().post("/jobs", JOB);
    }
    var path = "/jobs/" + last.text("job_id");
    var cancels = AtOnce.times(20, i -> customer.client().delete(path));
    assertThat(cancels).filteredOn(answer -> answer.status() == 200).hasSize(1);
    var answers = AtOnce.times(20, i -> customer.client().post("/jobs", JOB));
    assertThat(answers).filteredOn(answer -> answer.status() == 202).hasSize(1);
  }
}
