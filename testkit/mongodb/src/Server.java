import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Serves on loopback, prints the address, and ends when standard input does: then the tests have ended. */
public class Server {
    /** It speaks the protocol of MongoDB 4.2. Clients want 4.4 at least, which has no other commands for what is used here. */
    private static class Version implements MongoVersion {
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        public int getWireVersion() {
            return 9;
        }
    }

    public static void main(String[] arguments) throws Exception {
        var backend = new MemoryBackend();
        backend.version(new Version());
        var server = new MongoServer(backend);
        server.bind("127.0.0.1", 0);
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        while (System.in.read() != -1) {
        }
        server.shutdownNow();
        System.exit(0);
    }
}
