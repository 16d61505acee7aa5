package io.outpost.worker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.BasicHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Sends one request on a connection of its own to checked addresses, without proxy or redirects,
 * with limits of time and size. Thread-safe.
 */
@Profile({"worker", "local"})
@Component
class PinnedHttp {

  private static final int BODY = 1024 * 1024;
  private static final int SILENCE = 10;
  private static final int WHOLE = 20;

  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("pull-request-deadline").factory());

  /** The status and the beginning of the body. */
  record Answer(int status, String body) {}

  Answer send(HttpUriRequestBase request, InetAddress... addresses) throws IOException {
    var client = client(addresses);
    var deadline =
        deadlines.schedule(
            () -> {
              request.cancel();
              client.close(CloseMode.IMMEDIATE);
            },
            WHOLE,
            TimeUnit.SECONDS);
    try {
      var response = client.executeOpen(null, request, null);
      var entity = response.getEntity();
      var body = entity == null ? new byte[0] : entity.getContent().readNBytes(BODY);
      return new Answer(response.getCode(), new String(body, StandardCharsets.UTF_8));
    } finally {
      deadline.cancel(false);
      client.close(CloseMode.IMMEDIATE);
    }
  }

  private static CloseableHttpClient client(InetAddress... addresses) {
    var tls =
        RegistryBuilder.<TlsSocketStrategy>create()
            .register("https", DefaultClientTlsStrategy.createDefault())
            .build();
    var connections =
        new BasicHttpClientConnectionManager(
            new DefaultHttpClientConnectionOperator(
                proxy -> new Socket(Proxy.NO_PROXY), null, new Judged(addresses), tls),
            ManagedHttpClientConnectionFactory.INSTANCE);
    connections.setConnectionConfig(
        ConnectionConfig.custom()
            .setConnectTimeout(Timeout.ofSeconds(SILENCE))
            .setSocketTimeout(Timeout.ofSeconds(SILENCE))
            .build());
    return HttpClients.custom()
        .setConnectionManager(connections)
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setResponseTimeout(Timeout.ofSeconds(SILENCE))
                .setRedirectsEnabled(false)
                .build())
        .disableRedirectHandling()
        .disableAutomaticRetries()
        .disableCookieManagement()
        .disableAuthCaching()
        .build();
  }

  /** Resolves every host to the checked addresses, whatever a new look-up would return. */
  private record Judged(InetAddress[] addresses) implements DnsResolver {
    @Override
    public InetAddress[] resolve(String host) {
      return addresses.clone();
    }

    @Override
    public String resolveCanonicalHostname(String host) {
      return host;
    }
  }
}
