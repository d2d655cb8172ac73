import de.bwaldvogel.mongo.InMemoryMongoServer;

/** Serves on loopback, prints the address, and ends when standard input does: then the tests have ended. */
public class Server {
    public static void main(String[] arguments) throws Exception {
        var server = new InMemoryMongoServer();
        server.bind("127.0.0.1", 0);
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        while (System.in.read() != -1) {
        }
        server.shutdownNow();
        System.exit(0);
    }
}
