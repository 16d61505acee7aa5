package io.outpost.worker;

import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Kind;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Ensures that a job runs with the provider keys that its tenant stored before submitting it. Jobs
 * that start at the same time share one check of the change feed. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("secretChanges")
public class SecretChanges {

  private final ChangeFeed changeFeed;
  private final ProviderKeys keys;
  private final ReentrantLock asking = new ReentrantLock();
  private final AtomicLong asked = new AtomicLong(System.nanoTime());

  SecretChanges(ChangeFeed changeFeed, ProviderKeys keys) {
    this.changeFeed = changeFeed;
    this.keys = keys;
  }

  /**
   * Removes changed secrets from the cache. Skips the check when no secret of the job's tenant is
   * cached; removes all of that tenant's secrets when the check gets no answer.
   */
  public void catchUp(@ExchangeProperty("run") Run run) {
    var tenantId = run.job().tenantId();
    if (!keys.remembers(tenantId)) {
      return;
    }
    var now = System.nanoTime();
    asking.lock();
    try {
      if (asked.get() - now <= 0) {
        var began = System.nanoTime();
        changeFeed.poll("secrets").stream()
            .filter(change -> change.kind() == Kind.secret)
            .forEach(change -> keys.forget(change.tenant()));
        asked.set(began);
      }
    } catch (SdkException e) {
      keys.forget(tenantId);
    } finally {
      asking.unlock();
    }
  }
}
