package io.outpost.routes;

import org.springframework.boot.actuate.autoconfigure.web.server.ConditionalOnManagementPort;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/**
 * Serves the page of the routes on the management port, and in the local profile beside the API.
 */
@Configuration(proxyBeanMethods = false)
class RoutesPageAddresses {

  private static final String HTML = "text/html;charset=UTF-8";

  /** Only for a separate management port, which operators alone can reach. */
  @Component
  @ConditionalOnManagementPort(ManagementPortType.DIFFERENT)
  @WebEndpoint(id = "routes")
  static class OnManagementPort {

    private final RoutesPage page;

    OnManagementPort(RoutesPage page) {
      this.page = page;
    }

    /** The page as HTML. */
    @ReadOperation(produces = HTML)
    String page() {
      return page.html();
    }
  }

  @Bean
  @Profile("local")
  RouterFunction<ServerResponse> routesPageBesideTheApi(RoutesPage page) {
    return RouterFunctions.route()
        .GET(
            "/routes",
            request ->
                ServerResponse.ok()
                    .build(
                        (asked, response) -> {
                          response.setHeader("Content-Security-Policy", RoutesPage.policy());
                          response.setContentType(HTML);
                          response.getWriter().write(page.html());
                          return null;
                        }))
        .build();
  }
}
