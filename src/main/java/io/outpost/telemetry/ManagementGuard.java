package io.outpost.telemetry;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * Requires the management token in every request to the management port, because agents can reach a
 * worker's loopback. Without a token the port is on loopback only, and a worker has none ({@link
 * TelemetryEnvironment}). This class has no {@code @Component}, because only the separate
 * application context of the management port may contain it; {@code META-INF/spring} adds it there.
 * Stateless.
 */
final class ManagementGuard {

  @Bean
  FilterRegistrationBean<Filter> tokenOfManagementPort(
      @Value("${outpost.telemetry.management-token}") String token) {
    var wanted = ("Bearer " + token.strip()).getBytes(StandardCharsets.UTF_8);
    var guard =
        new FilterRegistrationBean<Filter>(
            (request, response, chain) ->
                letIn(
                    token.isBlank() ? null : wanted,
                    (HttpServletRequest) request,
                    (HttpServletResponse) response,
                    chain));
    guard.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return guard;
  }

  private static void letIn(
      byte @Nullable [] wanted,
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain)
      throws IOException, ServletException {
    var given = String.valueOf(request.getHeader("Authorization")).getBytes(StandardCharsets.UTF_8);
    if (wanted == null || MessageDigest.isEqual(given, wanted)) {
      chain.doFilter(request, response);
    } else {
      response.setHeader("WWW-Authenticate", "Bearer");
      response.setStatus(HttpServletResponse.SC_UNAUTHORIZED);
    }
  }
}
