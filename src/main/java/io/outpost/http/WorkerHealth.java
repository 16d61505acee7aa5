package io.outpost.http;

import io.outpost.health.Health;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * The one thing that a worker answers over HTTP: that it is alive. The container's health check
 * asks it; there is no route for it, as a worker serves no operation.
 */
@Configuration(proxyBeanMethods = false)
@Profile("worker & !api")
class WorkerHealth {

  @Bean
  RouterFunction<ServerResponse> workerIsAlive(Contract contract, Health health) {
    return RouterFunctions.route()
        .GET(
            "/health",
            request -> {
              // As in the API it is the contract's operation, which the audit leaves out.
              Call.of(request.servletRequest()).match(contract.operation("health"));
              return ServerResponse.ok().body(health.told());
            })
        .build();
  }
}
