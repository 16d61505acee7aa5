package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Operators find any job by its id, and list those of all tenants. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class AnyJobsTest {

  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";

  private final Client admin;
  private final Customer one;
  private final Customer other;

  AnyJobsTest(TwoApis apis) {
    admin = apis.admin();
    one = Customer.of(admin, "enterprise");
    other = Customer.of(admin, "pro");
  }

  @Test
  void aJobIsFoundByItsIdAlone() {
    var job = one.client().submit(JOB);
    var found = admin.get("/admin/jobs/" + job);
    assertThat(found.status()).isEqualTo(200);
    assertThat(found.text("job_id")).isEqualTo(job);
    assertThat(found.text("tenant_id")).isEqualTo(one.tenantId());
    assertThat(found.text("tier")).isEqualTo("enterprise");
    assertThat(found.text("request_id")).isNotEmpty();
    assertThat(found.json().get("attempts").asInt()).isZero();
    assertThat(admin.get("/admin/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV").status()).isEqualTo(404);
    assertThat(one.client().get("/admin/jobs/" + job).status()).isEqualTo(403);
    assertThat(one.client().get("/admin/jobs").status()).isEqualTo(403);
  }

  @Test
  void theJobsOfAllTenantsAreListedNewestFirstPageByPage() {
    var made = new ArrayList<String>();
    for (int i = 0; i < 12; i++) {
      made.addFirst((i % 2 == 0 ? one : other).client().submit(JOB));
    }
    var listed = pages("/admin/jobs?limit=5", 3).stream().map(AnyJobsTest::id).toList();
    assertThat(listed).doesNotHaveDuplicates().containsSubsequence(made);
    assertThat(listed).isSortedAccordingTo(java.util.Comparator.reverseOrder());
  }

  @Test
  void theyAreListedByTenantAndStatus() {
    var pending = one.client().submit(JOB);
    var cancelled = one.client().submit(JOB);
    other.client().submit(JOB);
    assertThat(one.client().delete("/jobs/" + cancelled).status()).isEqualTo(200);
    var path = "/admin/jobs?limit=1&tenant_id=" + one.tenantId();
    assertThat(ids(path)).containsExactly(cancelled, pending);
    assertThat(ids(path + "&status=pending")).containsExactly(pending);
    assertThat(ids(path + "&status=cancelled")).containsExactly(cancelled);
    assertThat(ids(path + "&status=failed")).isEmpty();
    assertThat(pages("/admin/jobs?limit=100&status=cancelled", 100))
        .allSatisfy(job -> assertThat(job.get("status").asText()).isEqualTo("cancelled"))
        .extracting(AnyJobsTest::id)
        .contains(cancelled)
        .doesNotContain(pending);
    assertThat(admin.get("/admin/jobs?status=nope").status()).isEqualTo(400);
    assertThat(admin.get("/admin/jobs?tenant_id=nope").status()).isEqualTo(400);
  }

  @Test
  void whatIsUnknownIsSaidToBe() {
    var nothing = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    var pending = one.client().submit(JOB);
    var body = "{\"job_ids\":[\"%s\",\"%s\"]}".formatted(nothing, pending);
    var answer = admin.post("/admin/dead-letters/redrive", body);
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.json().get("redriven").asInt()).isZero();
    assertThat(answer.json().get("unknown").valueStream().map(JsonNode::asText))
        .containsExactlyInAnyOrder(nothing, pending);
    var nobody = "/tenants/00000000-0000-4000-8000-000000000000";
    assertThat(admin.delete(nobody).status()).isEqualTo(404);
    assertThat(admin.patch(nobody, "{\"status\":\"suspended\"}").status()).isEqualTo(404);
  }

  private List<String> ids(String path) {
    return pages(path, 100).stream().map(AnyJobsTest::id).toList();
  }

  private List<JsonNode> pages(String path, int most) {
    var found = new ArrayList<JsonNode>();
    var cursor = "";
    for (int i = 0; i < most && cursor != null; i++) {
      var page = admin.get(path + cursor).json();
      page.get("data").forEach(found::add);
      var next = page.get("next_cursor");
      cursor = next.isNull() ? null : "&cursor=" + next.asText();
    }
    return found;
  }

  private static String id(JsonNode job) {
    return job.get("job_id").asText();
  }
}
