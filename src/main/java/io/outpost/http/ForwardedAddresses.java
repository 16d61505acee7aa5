package io.outpost.http;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * Cleans the header with the client's address: removes ports, brackets and zones, and drops all
 * entries before an invalid one, because no trusted proxy has written those. Runs before the
 * server's own valve, which trusts proxies. Stateless.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class ForwardedAddresses implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {

  private final String header;

  ForwardedAddresses(@Value("${server.tomcat.remoteip.remote-ip-header}") String header) {
    this.header = header;
  }

  @Override
  public void customize(TomcatServletWebServerFactory factory) {
    factory.addEngineValves(new Cleaner());
  }

  /** The valid addresses at the end of a header's values; that of the nearest proxy is last. */
  static String clean(List<String> values) {
    var entries = String.join(",", values).split(",", -1);
    var addresses = new ArrayList<String>();
    for (int i = entries.length - 1; i >= 0; i--) {
      var address = IpAddress.of(entries[i]);
      if (address.isEmpty()) {
        break;
      }
      addresses.addFirst(address.get());
    }
    return String.join(", ", addresses);
  }

  private final class Cleaner extends ValveBase {
    Cleaner() {
      super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
      if (request.getHeader(header) != null) {
        var addresses = clean(Collections.list(request.getHeaders(header)));
        var headers = request.getCoyoteRequest().getMimeHeaders();
        headers.removeHeader(header);
        if (!addresses.isEmpty()) {
          headers.addValue(header).setString(addresses);
        }
      }
      getNext().invoke(request, response);
    }
  }
}
