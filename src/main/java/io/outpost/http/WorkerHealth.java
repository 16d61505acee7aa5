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
 * health check uses it, and a container that is down is replaced. It needs no route, because a
 * worker serves no other operation.
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
              // It is the contract's operation, which the audit leaves out, as in the API.
              Call.of(request.servletRequest()).match(contract.operation("health"));
              var told = health.told();
              return ServerResponse.status(told.code()).body(told);
            })
        .build();
  }
}
