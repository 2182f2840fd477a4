import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;

/** JDBC, which speaks the protocol by itself: plain, prepared, batches, rows in portions, COPY. Argument: the URL. */
public class JdbcClient {
    public static void main(String[] arguments) throws SQLException, IOException {
        try (Connection c = DriverManager.getConnection(arguments[0]); Statement s = c.createStatement()) {
            s.execute("/* req=jdbc */ create table jdbc_t (a int, b text)");
            try (PreparedStatement p = c.prepareStatement("/* req=jdbc */ insert into jdbc_t values (?, ?)")) {
                for (int i = 0; i < 20; i++) {
                    p.setInt(1, i);
                    p.setString(2, "x");
                    p.addBatch();
                }
                p.executeBatch();
            }
            try (PreparedStatement p = c.prepareStatement("/* req=jdbc */ select b from jdbc_t where a = ?")) {
                for (int i = 0; i < 8; i++) { // named on the server from the fifth time on
                    p.setInt(1, i);
                    p.executeQuery().close();
                }
            }
            c.setAutoCommit(false);
            try (Statement portions = c.createStatement()) {
                portions.setFetchSize(5);
                ResultSet r = portions.executeQuery("/* req=jdbc */ select a from jdbc_t order by a");
                while (r.next())
                    r.getInt(1);
            }
            c.commit();
            try {
                s.executeQuery("/* req=jdbc */ select missing from jdbc_t");
            } catch (SQLException e) {
                c.rollback();
            }
            c.unwrap(PGConnection.class).getCopyAPI().copyIn(
                "copy jdbc_t from stdin", new StringReader("1\tcopied\n".repeat(20000)));
            c.commit();
            try (PreparedStatement p = c.prepareStatement("/* req=jdbc */ insert into jdbc_t values (?, ?)")) {
                for (int i = 0; i < 3; i++) { // more than is kept of what is sent at once
                    p.setInt(1, i);
                    p.setString(2, "x".repeat(30000));
                    p.execute();
                }
            }
            s.execute("/* req=jdbc */ select count(*) from jdbc_t; select max(a) from jdbc_t");
            c.commit();
        }
    }
}
