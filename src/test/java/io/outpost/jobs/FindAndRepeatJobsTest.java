package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A customer finds jobs by labels, several statuses and time, and reruns them. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class FindAndRepeatJobsTest {

  private final Client client;

  FindAndRepeatJobsTest(LocalOutpost outpost) {
    client =
        Customer.of(Client.of(outpost.address()).with(outpost.adminKey()), "enterprise").client();
  }

  @Test
  void labelsAreKeptAndAllThatAreAskedForMustHold() {
    var both = submit("{\"team\":\"pay\",\"env\":\"a:b c\"}");
    var one = submit("{\"team\":\"pay\"}");
    var none = submit("{}");
    assertThat(client.get("/jobs/" + both).json().get("labels").toString())
        .isEqualTo("{\"env\":\"a:b c\",\"team\":\"pay\"}");
    assertThat(client.get("/jobs/" + none).json().get("labels").toString()).isEqualTo("{}");
    assertThat(list("label=team:pay")).containsExactly(one, both);
    assertThat(list("label=team:pay&label=env:a%3Ab%20c")).containsExactly(both);
    assertThat(list("label=team:pay&label=team:pay")).containsExactly(one, both);
    assertThat(list("label=team:other")).isEmpty();
    assertThat(client.ended(both).get("labels").get("team").asText()).isEqualTo("pay");
  }

  @Test
  void labelsOutsideTheirRulesAreRefused() {
    var seventeen =
        IntStream.range(0, 17)
            .mapToObj(i -> "\"n%d\":\"\"".formatted(i))
            .collect(java.util.stream.Collectors.joining(",", "{", "}"));
    for (var wrong :
        List.of(
            seventeen,
            "{\"Team\":\"x\"}",
            "{\"\":\"x\"}",
            "{\"-a\":\"x\"}",
            "{\"a\":1}",
            "{\"a\":null}",
            "[]",
            "{\"a\":\"" + "x".repeat(101) + "\"}",
            "{\"" + "a".repeat(41) + "\":\"x\"}")) {
      assertThat(client.post("/jobs", job(wrong)).problem()).as(wrong).isEqualTo("invalid-request");
    }
    for (var wrong : List.of("label=team", "label=:x", "label=T:x", "label=a:b&label=a:c")) {
      assertThat(client.get("/jobs?" + wrong).problem()).as(wrong).isEqualTo("invalid-request");
    }
  }

  @Test
  void severalStatusesAndTimesNarrowTheList() {
    var first = submit("{}");
    client.ended(first);
    var long1 = client.submit("claude", "sleep 600");
    client.delete("/jobs/" + long1);
    var running = client.submit("claude", "sleep 600");
    assertThat(list("status=succeeded&status=cancelled")).containsExactly(long1, first);
    assertThat(list("status=succeeded")).containsExactly(first);
    var at = client.get("/jobs/" + long1).text("created_at");
    assertThat(list("created_after=" + at)).containsExactly(running);
    assertThat(list("created_before=" + at)).containsExactly(first);
    assertThat(list("status=succeeded&created_before=" + at)).containsExactly(first);
    assertThat(list("status=succeeded&created_after=" + at)).isEmpty();
    assertThat(list("created_after=2999-01-01T00:00:00Z")).isEmpty();
    assertThat(client.get("/jobs?status=done").problem()).isEqualTo("invalid-request");
    assertThat(client.get("/jobs?created_after=today").problem()).isEqualTo("invalid-request");
    client.delete("/jobs/" + running);
  }

  @Test
  void pagesOfAFilteredListJoin() {
    var jobs = IntStream.range(0, 5).mapToObj(i -> submit("{\"page\":\"me\"}")).toList();
    var first = client.get("/jobs?limit=3&label=page:me");
    var second = client.get("/jobs?limit=3&label=page:me&cursor=" + first.text("next_cursor"));
    assertThat(ids(first)).hasSize(3);
    assertThat(ids(second)).containsExactly(jobs.get(1), jobs.get(0));
    assertThat(
            client
                .get("/jobs?limit=3&label=page:you&cursor=" + first.text("next_cursor"))
                .problem())
        .isEqualTo("invalid-request");
  }

  @Test
  void aRerunIsANewJobOfTheSameInput() {
    var job = submit("{\"team\":\"pay\"}");
    client.ended(job);
    var again = client.json("POST", "/jobs/" + job + "/rerun", null, "Idempotency-Key", "again");
    assertThat(again.status()).as(again.body()).isEqualTo(202);
    assertThat(again.header("Location")).isEqualTo("/jobs/" + again.text("job_id"));
    assertThat(again.text("job_id")).isNotEqualTo(job);
    assertThat(again.text("rerun_of")).isEqualTo(job);
    assertThat(again.text("command")).isEqualTo("Say hello");
    assertThat(again.json().at("/labels/team").asText()).isEqualTo("pay");
    var ended = client.ended(again.text("job_id"));
    assertThat(ended.get("status").asText()).isEqualTo("succeeded");
    assertThat(ended.get("rerun_of").asText()).isEqualTo(job);
    var repeated = client.json("POST", "/jobs/" + job + "/rerun", null, "Idempotency-Key", "again");
    assertThat(repeated.text("job_id")).isEqualTo(again.text("job_id"));
    assertThat(client.post("/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV/rerun", "{}").status()).isEqualTo(404);
  }

  private String submit(String labels) {
    return client.submit(job(labels));
  }

  private static String job(String labels) {
    return "{\"agent\":\"claude\",\"command\":\"Say hello\",\"labels\":" + labels + "}";
  }

  private List<String> list(String query) {
    var answer = client.get("/jobs?" + query);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return ids(answer);
  }

  private static List<String> ids(Client.Answer page) {
    return StreamSupport.stream(page.json().get("data").spliterator(), false)
        .map(job -> job.get("job_id").asText())
        .toList();
  }
}
