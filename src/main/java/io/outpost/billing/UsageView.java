package io.outpost.billing;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.outpost.http.Call;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tier;
import io.outpost.usage.QuotaCounter;
import io.outpost.usage.TermsHistory;
import io.outpost.usage.UsageGroups;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Shows a tenant its usage. Stateless. */
@Component("usageView")
public class UsageView {
  /** Fills in the parts of a time that the request omits. */
  private static final String FIRST = "0000-01-01T00:00:00Z";

  private static final int MONTH = 7;
  private static final int DATE = 10;

  private final QuotaCounter counter;
  private final UsageGroups groups;
  private final TermsHistory history;

  UsageView(QuotaCounter counter, UsageGroups groups, TermsHistory history) {
    this.counter = counter;
    this.groups = groups;
    this.history = history;
  }

  /**
   * The usage of a period, with its tier and limit.
   *
   * @param used the jobs accepted in the period, without those whose quota was given back
   * @param limit the maximum of jobs in the period; null: unlimited
   * @param groups finished jobs with their cost, by group; null when not requested
   * @param ungrouped finished jobs that are in no group; null when not requested
   */
  record Usage(
      Tier tier,
      Instant periodStart,
      Instant periodEnd,
      long used,
      @Nullable Long limit,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<UsageGroups.Group> groups,
      @JsonInclude(JsonInclude.Include.NON_NULL) UsageGroups.@Nullable Sum ungrouped) {}

  /**
   * The usage of the current period or, when {@code wanted} is given (a month, a date or a time),
   * of the last period that began before the end of that month, day or time. So the date on which a
   * period begins selects that period, whatever the hour of its beginning.
   *
   * @throws Problem 400 for any other value, or one in the future
   */
  public Usage read(
      @ExchangeProperty(Call.NAME) Call call,
      @Header("period") String wanted,
      @Header("group_by") String by) {
    Principal caller = call.principal();
    Instant at = wanted == null ? call.arrived() : within(wanted, call.arrived());
    var terms = wanted == null ? caller.terms() : history.at(caller.tenantId(), at, caller.terms());
    var period = terms.period(at);
    var start = Json.time(period.start());
    var grouped = by == null ? null : groups.of(caller.tenantId(), start, by);
    return new Usage(
        terms.tier(),
        period.start(),
        period.end(),
        Math.max(0, counter.used(caller.tenantId(), start)),
        terms.limit().map(BillingTerms.Limit::jobs).orElse(null),
        grouped == null ? null : grouped.groups(),
        grouped == null ? null : grouped.ungrouped());
  }

  /** The last second of the wanted month, day or time; now, if that is in the future. */
  private static Instant within(String wanted, Instant now) {
    var first = first(wanted);
    if (first.isAfter(now)) {
      throw Problem.invalid("period", "is in the future");
    }
    if (first.isBefore(Instant.EPOCH)) {
      throw Problem.invalid("period", "is before 1970");
    }
    var next = first.atZone(ZoneOffset.UTC);
    var last =
        switch (wanted.length()) {
          case MONTH -> next.plusMonths(1).toInstant().minusSeconds(1);
          case DATE -> next.plusDays(1).toInstant().minusSeconds(1);
          default -> first;
        };
    return last.isAfter(now) ? now : last;
  }

  private static Instant first(String wanted) {
    try {
      return Instant.parse(wanted + FIRST.substring(Math.min(wanted.length(), FIRST.length())));
    } catch (DateTimeParseException e) {
      throw Problem.invalid("period", "is not a month, a date or an RFC 3339 time");
    }
  }
}
