package io.outpost.billing;

import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** Makes writes to the ledger fail, before or after the report to Stripe. */
@Component
@ConditionalOnProperty("outpost.test.ledger-faults")
class LedgerFaults implements ExecutionInterceptor {
  private final AtomicInteger writes = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private volatile int every;

  /** From now on every n-th write fails; 0: none. */
  void failEvery(int every) {
    this.every = every;
  }

  /** The number of failed writes. */
  int failed() {
    return failed.get();
  }

  @Override
  public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
    if (every > 0
        && context.request() instanceof UpdateItemRequest update
        && update.tableName().contains("usage")
        && writes.incrementAndGet() % every == 0) {
      failed.incrementAndGet();
      throw SdkClientException.create("The table does not answer (as the test wants)");
    }
  }
}
