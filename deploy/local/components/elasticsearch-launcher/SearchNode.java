import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.concurrent.ThreadContext;
import org.opensearch.index.mapper.MapperExtrasPlugin;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.ActionPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.rest.RestHandler;
import org.opensearch.transport.Netty4Plugin;

/** One node without the distribution around it, which comes only as an archive: arguments are folder, HTTP port, transport port. */
public final class SearchNode extends Node {
  private static final String NAME = "pharos";

  /**
   * Elasticsearch's clients, the collector's exporter among them, take an answer without this header for a stranger's:
   * they would report an error for what was written, and write it again.
   */
  public static final class ProductHeader extends Plugin implements ActionPlugin {
    @Override
    public UnaryOperator<RestHandler> getRestHandlerWrapper(ThreadContext context) {
      return handler -> (request, channel, client) -> {
        context.addResponseHeader("X-Elastic-Product", "Elasticsearch");
        handler.handleRequest(request, channel, client);
      };
    }
  }

  private SearchNode(Settings settings, Path config) {
    super(
        InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), config, () -> NAME),
        List.of(
            Netty4Plugin.class,
            CommonAnalysisPlugin.class,
            ReindexPlugin.class,
            MapperExtrasPlugin.class,
            PainlessPlugin.class,
            ProductHeader.class),
        true);
  }

  private static Settings settings(String home, String port, String transportPort) {
    return Settings.builder()
        .put("path.home", home)
        .put("cluster.name", NAME)
        .put("node.name", NAME)
        .put("network.host", "127.0.0.1")
        .put("http.port", port)
        .put("transport.port", transportPort)
        .put("http.type", "netty4")
        .put("transport.type", "netty4")
        .put("discovery.type", "single-node")
        .put("node.processors", 2)
        // An index made by a line that came before the template would stand where the data stream belongs.
        .put("action.auto_create_index", false)
        // A developer's disk is often fuller than a server's may be, and then no index could be made.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .build();
  }

  public static void main(String[] arguments) throws Exception {
    try {
      var node = new SearchNode(settings(arguments[0], arguments[1], arguments[2]), Path.of(arguments[0], "config"));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
      node.start();
    } catch (Exception fault) {
      tell(fault);
      // Threads that were started already would keep the process alive.
      System.exit(1);
    }
    new CountDownLatch(1).await();
  }

  private static void close(Node node) {
    try {
      node.close();
    } catch (Exception fault) {
      tell(fault);
    }
  }

  /** The fault and its causes without their stacks: the last lines are what the supervisor shows. */
  private static void tell(Throwable fault) {
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) System.err.println(cause);
  }
}
