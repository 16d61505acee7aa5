package io.outpost.billing;

import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.event.EventType;
import io.outpost.event.Events;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.BillingPeriod;
import io.outpost.tenant.Tenant;
import io.outpost.usage.QuotaCounter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** Notices that a tenant used 80 % or all of its quota: each once in a period. Thread-safe. */
@Component("quotaNotices")
public class QuotaNotices {
  private static final List<Integer> THRESHOLDS = List.of(80, 100);

  private final QuotaCounter counter;
  private final Names names;
  private final Transactions transactions;
  private final AuditTrail trail;
  private final Events events;

  QuotaNotices(
      QuotaCounter counter,
      Names names,
      Transactions transactions,
      AuditTrail trail,
      Events events) {
    this.counter = counter;
    this.names = names;
    this.transactions = transactions;
    this.trail = trail;
    this.events = events;
  }

  /**
   * One notice.
   *
   * @param percent the threshold that was reached
   * @param entry its audit entry, written
   */
  public record QuotaNotice(
      String tenantId, int percent, long used, long quota, Instant periodEnd, AuditEntry entry) {}

  /** The notice was given before. */
  private static final class Given extends RuntimeException {
    private static final long serialVersionUID = 1;

    Given() {
      super(null, null, false, false);
    }
  }

  /** The notices that are to be given now; asking again does not give them again. */
  public List<QuotaNotice> due(@ExchangeProperty("tenant") Tenant tenant) {
    List<QuotaNotice> due = new ArrayList<>();
    if (tenant == null || tenant.terms().limit().isEmpty()) {
      return due;
    }
    long quota = tenant.terms().limit().orElseThrow().jobs();
    var period = tenant.terms().period(Instant.now());
    long used = counter.used(tenant.tenantId(), Json.time(period.start()));
    for (int percent : THRESHOLDS) {
      if (used * 100 >= quota * percent) {
        var notice =
            new QuotaNotice(
                tenant.tenantId(),
                percent,
                used,
                quota,
                period.end(),
                entry(tenant, percent, used));
        if (give(notice, period)) {
          due.add(notice);
        }
      }
    }
    return due;
  }

  private boolean give(QuotaNotice notice, BillingPeriod period) {
    var sk = "notice#" + Json.time(period.start()) + "#" + notice.percent();
    Change change = new Change();
    change.put(
        Put.builder()
            .tableName(names.table("usage"))
            .item(
                Map.of(
                    "tenant_id", Items.text(notice.tenantId()),
                    "sk", Items.text(sk),
                    "given_at", Items.text(Json.time(notice.entry().timestamp()))))
            .conditionExpression("attribute_not_exists(sk)"),
        old -> new Given());
    trail.add(change, notice.entry());
    events.add(
        change,
        notice.tenantId(),
        EventType.USAGE_THRESHOLD,
        notice.entry().timestamp(),
        Map.of(
            "percent", notice.percent(),
            "used", notice.used(),
            "limit", notice.quota(),
            "period_end", Json.time(notice.periodEnd())));
    try {
      transactions.write(change);
      return true;
    } catch (Given e) {
      return false;
    }
  }

  private static AuditEntry entry(Tenant tenant, int percent, long used) {
    return AuditEntry.own(
        tenant.tenantId(),
        Instant.now(),
        "billing.quota-" + percent,
        "/tenants/" + tenant.tenantId(),
        AuditEntry.Outcome.allowed,
        Map.of("used", Long.toString(used), "tier", tenant.tier().word()));
  }
}
