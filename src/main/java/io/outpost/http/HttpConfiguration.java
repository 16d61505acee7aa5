package io.outpost.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.agents.AgentCatalogue;
import io.outpost.telemetry.Tracing;
import java.time.Duration;
import java.util.regex.Pattern;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.spi.ComponentCustomizer;
import org.apache.catalina.core.StandardHost;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Configures the web server: header filters, the docs page, problem documents for requests that
 * Tomcat refuses.
 */
@Configuration(proxyBeanMethods = false)
class HttpConfiguration implements WebMvcConfigurer {

  private final String swaggerUi;

  HttpConfiguration(@Value("${outpost.http.swagger-ui}") String swaggerUi) {
    this.swaggerUi = swaggerUi;
  }

  @Bean
  Contract.AgentNames agentNames(AgentCatalogue catalogue) {
    return catalogue::names;
  }

  @Bean
  ComponentCustomizer allowListedHeaders(HttpHeaders headers) {
    return ComponentCustomizer.builder(PlatformHttpComponent.class)
        .build((name, http) -> http.setHeaderFilterStrategy(headers));
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> problemsForWhatTomcatRefuses(
      CallRecorder recorder,
      ResponseHeaders headers,
      ObjectProvider<MeterRegistry> meters,
      Tracing tracing) {
    return factory -> {
      factory.addEngineValves(new CallLog(recorder, meters.getObject(), tracing));
      // Lets TRACE through to the edge, which refuses it with a problem; Tomcat's own refusal has
      // no body.
      factory.addConnectorCustomizers(connector -> connector.setAllowTrace(true));
      factory.addContextCustomizers(
          context -> {
            context.getServletContext().setAttribute(ResponseHeaders.NAME, headers);
            ((StandardHost) context.getParent())
                .setErrorReportValveClass(RefusedByServer.class.getName());
          });
    };
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> boundedConnections(
      @Value("${outpost.http.connections-of-address}") int ofAddress,
      @Value("${outpost.http.header-within}") Duration headerWithin,
      @Value("${server.tomcat.remoteip.internal-proxies}") String proxies) {
    var isProxy = Pattern.compile(proxies).asMatchPredicate();
    return factory -> {
      factory.setProtocol(BoundedConnections.class.getName());
      factory.addConnectorCustomizers(
          connector ->
              ((BoundedConnections) connector.getProtocolHandler())
                  .limit(new BoundedConnections.Limits(ofAddress, headerWithin, isProxy)));
    };
  }

  @Override
  public void addResourceHandlers(ResourceHandlerRegistry registry) {
    registry.setOrder(Ordered.HIGHEST_PRECEDENCE);
    registry.addResourceHandler("/docs/**").addResourceLocations("classpath:/docs/", swaggerUi);
  }

  @Override
  public void addViewControllers(ViewControllerRegistry registry) {
    registry.setOrder(Ordered.HIGHEST_PRECEDENCE);
    registry.addViewController("/docs").setViewName("forward:/docs/outpost.html");
    registry.addViewController("/docs/").setViewName("forward:/docs/outpost.html");
  }
}
