package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.SuspendableService;
import org.apache.camel.support.ScheduledPollConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * An Outpost that tests share does no background work while no test uses it, and resumes it
 * afterwards.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class BackgroundWorkTest {

  @Test
  void restsAndGoesOn(LocalOutpost outpost) {
    var work = new BackgroundWork(outpost);
    var before = suspended(outpost);

    work.rest();
    assertThat(outpost.context().getBean(CamelContext.class).getRoutes())
        .filteredOn(
            route -> route.getEndpoint().getEndpointUri().matches("(timer|aws2-sqs|jobs):.*"))
        .hasSizeGreaterThan(20)
        .allMatch(route -> ((SuspendableService) route.getConsumer()).isSuspended());
    work.awaitQuiet();
    assertThat(outpost.context().getBean(CamelContext.class).getRoutes())
        .extracting(Route::getConsumer)
        .filteredOn(c -> c instanceof ScheduledPollConsumer polls && polls.isSuspended())
        .isNotEmpty()
        .noneMatch(consumer -> ((ScheduledPollConsumer) consumer).isPolling());
    var tenant = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Acme");
    var job = tenant.submit("claude", "Say hello");

    work.goOn();
    assertThat(suspended(outpost)).isEqualTo(before);
    assertThat(tenant.ended(job).get("status").asText()).isEqualTo("succeeded");
  }

  private static Set<String> suspended(LocalOutpost outpost) {
    return outpost.context().getBean(CamelContext.class).getRoutes().stream()
        .filter(route -> route.getConsumer() instanceof SuspendableService s && s.isSuspended())
        .map(Route::getRouteId)
        .collect(java.util.stream.Collectors.toSet());
  }
}
