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
 * Sees to it that a job runs with the provider keys that its tenant had put before it submitted the
 * job. Jobs that start at once share one question. Thread-safe.
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
   * Forgets what of the job's tenant has changed by now. Nothing is asked when nothing of it is
   * remembered; everything of it is forgotten when there is no answer.
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
