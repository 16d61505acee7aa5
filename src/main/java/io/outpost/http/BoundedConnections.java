package io.outpost.http;

import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.coyote.Adapter;
import org.apache.coyote.Processor;
import org.apache.coyote.Request;
import org.apache.coyote.Response;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tomcat's HTTP/1.1 protocol with two limits that Tomcat lacks: the number of open connections of
 * one address, and the time in which a request's header must arrive.
 */
public class BoundedConnections extends Http11NioProtocol {

  private static final Logger LOG = LoggerFactory.getLogger(BoundedConnections.class);
  private static final int LOOK_EVERY_MILLIS = 1000;
  private static final int LONGEST_EXTENSION = 16;

  private Limits limits = new Limits(Integer.MAX_VALUE, Duration.ofDays(1), address -> false);
  private @Nullable ScheduledFuture<?> looking;

  /**
   * The limits of connections.
   *
   * @param ofAddress how many connections an address may have open
   * @param headerWithin the time in which a request's header must arrive
   * @param unlimited addresses without a limit of connections: proxies, which connect for many
   *     clients
   */
  record Limits(int ofAddress, Duration headerWithin, Predicate<String> unlimited) {}

  /** Called by Tomcat, which creates this class by its name. */
  public BoundedConnections() {
    super(new CountingEndpoint());
    ((CountingEndpoint) getEndpoint()).welcome = this::isWelcome;
    // Refuses long chunk extensions and trailers, which nobody reads and which could arrive slowly.
    setMaxExtensionSize(LONGEST_EXTENSION);
    setMaxTrailerSize(LONGEST_EXTENSION);
  }

  void limit(Limits given) {
    this.limits = given;
  }

  @Override
  public void start() throws Exception {
    super.start();
    looking =
        getUtilityExecutor()
            .scheduleWithFixedDelay(
                this::closeWhatDrips, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void stop() throws Exception {
    if (looking != null) {
      looking.cancel(false);
    }
    super.stop();
  }

  /**
   * Keeps Tomcat from answering OPTIONS * itself: its answer would name methods that we do not
   * have, such as DELETE for every file.
   */
  @Override
  public void setAdapter(Adapter tomcat) {
    super.setAdapter(new WholeServer(tomcat));
  }

  /**
   * Closes connections whose header arrives too slowly. Tomcat's own timeout is no help, because it
   * starts again with each byte.
   */
  private void closeWhatDrips() {
    try {
      for (var connection : getEndpoint().getConnections()) {
        if (isLate(connection)) {
          connection.close();
        }
      }
    } catch (RuntimeException e) {
      LOG.warn("Connections could not be counted", e);
    }
  }

  /**
   * Whether a request's header is overdue. While it is incomplete, Tomcat keeps a processor for the
   * connection.
   */
  private boolean isLate(SocketWrapperBase<?> connection) {
    if (!(connection.getCurrentProcessor() instanceof Processor processor)
        || processor.isUpgrade()) {
      return false;
    }
    var began = processor.getRequest().getStartTimeNanos();
    return began >= 0 && System.nanoTime() - began > limits.headerWithin().toNanos();
  }

  private boolean isWelcome(SocketChannel socket) {
    try {
      if (!(socket.getRemoteAddress() instanceof InetSocketAddress peer)) {
        return true;
      }
      var address = peer.getAddress().getHostAddress();
      var network = IpAddress.network(address);
      return limits.unlimited().test(address)
          || getEndpoint().getConnections().stream()
                  .filter(c -> network.equals(networkOf(c)))
                  .limit(limits.ofAddress())
                  .count()
              < limits.ofAddress();
    } catch (java.io.IOException e) {
      return true;
    }
  }

  private static String networkOf(SocketWrapperBase<?> connection) {
    var address = connection.getRemoteAddr();
    return address == null ? "" : IpAddress.network(address);
  }

  /** Turns a request for the whole server (*) into one for its root. */
  private record WholeServer(Adapter tomcat) implements Adapter {
    private static final byte[] ROOT = {'/'};

    @Override
    public void service(Request request, Response response) throws Exception {
      if (request.requestURI().equals("*")) {
        request.requestURI().setBytes(ROOT, 0, ROOT.length);
      }
      tomcat.service(request, response);
    }

    @Override
    public boolean prepare(Request request, Response response) throws Exception {
      return tomcat.prepare(request, response);
    }

    @Override
    public boolean asyncDispatch(Request request, Response response, SocketEvent event)
        throws Exception {
      return tomcat.asyncDispatch(request, response, event);
    }

    @Override
    public void log(Request request, Response response, long time) {
      tomcat.log(request, response, time);
    }

    @Override
    public void checkRecycled(Request request, Response response) {
      tomcat.checkRecycled(request, response);
    }

    @Override
    public String getDomain() {
      return tomcat.getDomain();
    }
  }

  /** Tomcat's endpoint, which closes a connection over the limit as soon as it is open. */
  private static final class CountingEndpoint extends NioEndpoint {
    private Predicate<SocketChannel> welcome = socket -> false;

    @Override
    protected boolean setSocketOptions(SocketChannel socket) {
      if (welcome.test(socket)) {
        return super.setSocketOptions(socket);
      }
      destroySocket(socket);
      return false;
    }
  }
}
