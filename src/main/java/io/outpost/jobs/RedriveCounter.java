package io.outpost.jobs;

import java.util.List;
import java.util.Map;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/** Counts the dead letters that were made pending again. Stateless. */
public class RedriveCounter implements AggregationStrategy {

  /** The property with the ids in the request that are no dead letters. */
  static final String UNKNOWN = "unknown";

  private static final String COUNT = "redriven";

  @Override
  public Exchange aggregate(Exchange before, Exchange one) {
    var count = before == null ? 0 : before.getProperty(COUNT, Integer.class);
    one.setProperty(COUNT, count + (one.getProperty("revived", false, Boolean.class) ? 1 : 0));
    return one;
  }

  /** The number of redriven jobs, and the ids in the request that are no dead letters. */
  public static Map<String, Object> answer(
      @ExchangeProperty(COUNT) Integer count, @ExchangeProperty(UNKNOWN) List<String> unknown) {
    return Map.of(COUNT, count == null ? 0 : count, UNKNOWN, unknown == null ? List.of() : unknown);
  }
}
