package io.outpost.http;

import io.outpost.health.Health;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * The only HTTP operation of a worker: whether it is alive and can run a job. The container's
 * health check uses it; an unhealthy container is replaced. No route is needed for a single
 * operation.
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
              // Marks the call as the contract's operation health, so that the audit leaves it out,
              // as in the API.
              Call.of(request.servletRequest()).match(contract.operation("health"));
              var told = health.told();
              return ServerResponse.status(told.code()).body(told);
            })
        .build();
  }
}
