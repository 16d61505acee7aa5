package io.outpost.worker.lanes;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.health.HealthPart;
import io.outpost.worker.agent.Slots;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Reports slots that are out of service because they could not be cleaned, also as the gauge {@code
 * outpost.worker.slots.dirty}. Down when no slot is left. Thread-safe.
 */
@Profile({"worker", "local"})
@Component
class SlotsHealth implements HealthPart {

  private final Slots slots;
  private final int all;

  SlotsHealth(Slots slots, @Value("${outpost.worker.slots}") int all, MeterRegistry meters) {
    this.slots = slots;
    this.all = all;
    meters.gauge("outpost.worker.slots.dirty", this, SlotsHealth::count);
  }

  @Override
  public String name() {
    return "slots";
  }

  @Override
  public boolean asksNothing() {
    return true;
  }

  @Override
  public String state() {
    var out = outOfService();
    if (out.isEmpty()) {
      return "UP";
    }
    return out.size() < all ? "out of service: " + out : "DOWN";
  }

  private int count() {
    return outOfService().size();
  }

  /** The worker's own slots only: an earlier worker in this directory may have had more. */
  private List<Integer> outOfService() {
    return slots.outOfService().stream().filter(slot -> slot >= 0 && slot < all).toList();
  }
}
