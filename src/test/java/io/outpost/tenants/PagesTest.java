package io.outpost.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading a list page by page gives each entry once; a cursor is valid only for its own list. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class PagesTest {

  private static final int JOBS = 7;

  private final Client admin;
  private final Customer customer;

  PagesTest(TwoApis apis) {
    admin = apis.admin();
    customer = Customer.of(admin, "enterprise");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/jobs?", "/jobs?status=pending&", "/jobs?agent=claude&"})
  void everyJobIsOnOnePage(String list) {
    var made = submitted();
    for (int limit : List.of(1, 3, JOBS, 100)) {
      assertThat(walk(customer.client(), list, limit, "job_id")).isEqualTo(made);
    }
  }

  /** The last page has no cursor, so no empty page follows. */
  @ParameterizedTest
  @ValueSource(strings = {"/jobs?", "/jobs?status=pending&", "/jobs?agent=claude&"})
  void theLastPageHasNoCursor(String list) {
    submitted();
    assertThat(next(list, JOBS).isNull()).isTrue();
    assertThat(next(list, JOBS + 1).isNull()).isTrue();
    assertThat(next(list, JOBS - 1).isNull()).isFalse();
  }

  private JsonNode next(String list, int limit) {
    return customer.client().get(list + "limit=" + limit).json().get("next_cursor");
  }

  @Test
  void jobsOfAnotherStatusOrAgentAreOnNone() {
    submitted();
    assertThat(walk(customer.client(), "/jobs?status=running&", 2, "job_id")).isEmpty();
    assertThat(walk(customer.client(), "/jobs?agent=codex&", 2, "job_id")).isEmpty();
  }

  @Test
  void everyKeyIsOnOnePage() {
    var made = new ArrayList<String>(List.of(customer.keyId()));
    for (int i = 0; i < 4; i++) {
      made.add(Customer.newKey(admin, customer.tenantId(), "").text("key_id"));
    }
    made.sort(Comparator.reverseOrder());
    assertThat(walk(admin, customer.path("/api-keys?"), 2, "key_id")).isEqualTo(made);
  }

  /** While other tenants are created, each earlier tenant is on exactly one page. */
  @Test
  void everyTenantIsOnOnePage() {
    var made = new HashSet<String>();
    for (int i = 0; i < 5; i++) {
      made.add(Customer.of(admin, "free").tenantId());
    }
    var seen = walk(admin, "/tenants?", 2, "tenant_id");
    assertThat(seen).doesNotHaveDuplicates().containsAll(made);
    var active = walk(admin, "/tenants?status=active&", 50, "tenant_id");
    assertThat(active).doesNotHaveDuplicates().containsAll(made);
    assertThat(walk(admin, "/tenants?status=deleted&", 50, "tenant_id"))
        .doesNotContainAnyElementsOf(made);
  }

  @Test
  void anAlteredCursorIsRefused() {
    submitted();
    var cursor = customer.client().get("/jobs?limit=2").text("next_cursor");
    for (int at : List.of(0, cursor.length() / 2, cursor.length() - 2)) {
      var altered = new StringBuilder(cursor);
      altered.setCharAt(at, cursor.charAt(at) == 'A' ? 'B' : 'A');
      assertRefused(customer.client().get("/jobs?limit=2&cursor=" + altered));
    }
    var allButTheLast = cursor.substring(0, cursor.length() - 1);
    for (var last : "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("")) {
      if (!cursor.endsWith(last)) {
        assertRefused(customer.client().get("/jobs?limit=2&cursor=" + allButTheLast + last));
      }
    }
    assertRefused(customer.client().get("/jobs?cursor=" + cursor.substring(0, 12)));
    assertRefused(customer.client().get("/jobs?cursor=AAAA"));
    assertRefused(customer.client().get("/jobs?cursor=%20"));
    assertRefused(customer.client().get("/jobs?cursor="));
  }

  @Test
  void aCursorOfAnotherTenantListOrFilterIsRefused() {
    submitted();
    var cursor = customer.client().get("/jobs?limit=2").text("next_cursor");
    var other = Customer.of(admin, "enterprise");
    assertRefused(other.client().get("/jobs?limit=2&cursor=" + cursor));
    assertRefused(customer.client().get("/jobs?status=pending&cursor=" + cursor));
    assertRefused(customer.client().get("/jobs?agent=claude&cursor=" + cursor));
    assertRefused(customer.client().get(customer.path("/api-keys?cursor=" + cursor)));
    assertRefused(admin.get("/tenants?cursor=" + cursor));
    assertRefused(admin.get("/admin/dead-letters?cursor=" + cursor));
    assertThat(customer.client().get("/jobs?limit=5&cursor=" + cursor).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "101", "-1", "1.5", "x", "", "99999999999"})
  void aLimitOutsideItsBoundsIsRefused(String limit) {
    assertThat(customer.client().get("/jobs?limit=" + limit).status()).isEqualTo(400);
  }

  private List<String> submitted() {
    var made = new ArrayList<String>();
    for (int i = 0; i < JOBS; i++) {
      made.add(customer.client().submit("claude", "Say hello"));
    }
    made.sort(Comparator.reverseOrder());
    return made;
  }

  /** The ids of all pages in order; no page exceeds its limit. */
  private static List<String> walk(Client client, String list, int limit, String id) {
    var seen = new ArrayList<String>();
    Set<String> cursors = new HashSet<>();
    var next = "";
    do {
      var page = client.get(list + "limit=" + limit + next);
      assertThat(page.status()).as(page.toString()).isEqualTo(200);
      assertThat(page.json().get("data").size()).isLessThanOrEqualTo(limit);
      page.json().get("data").forEach(item -> seen.add(item.get(id).asText()));
      var cursor = page.json().get("next_cursor");
      assertThat(cursors.add(cursor.asText())).as("a new cursor").isTrue();
      next = cursor.isNull() ? null : "&cursor=" + cursor.asText();
    } while (next != null);
    return seen;
  }

  private static void assertRefused(Answer answer) {
    assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("cursor");
  }
}
