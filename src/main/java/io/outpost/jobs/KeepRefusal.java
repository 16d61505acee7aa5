package io.outpost.jobs;

import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.springframework.stereotype.Component;

/**
 * Takes over only the refusal from a before-submit rule. The rule works on a copy of the
 * submission, whose other changes are dropped. Stateless.
 */
@Component("keepRefusal")
public class KeepRefusal implements AggregationStrategy {

  @Override
  public Exchange aggregate(Exchange submission, Exchange asked) {
    if (asked != null && asked.getException() == null && asked.getProperty("refusal") != null) {
      submission.setProperty("refusal", asked.getProperty("refusal", String.class));
      submission.setProperty("field", asked.getProperty("field", "body", String.class));
    }
    return submission;
  }
}
