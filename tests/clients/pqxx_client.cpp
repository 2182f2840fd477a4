// libpqxx: transactions, prepared statements, a pipeline, a stream of rows.
#include <pqxx/pqxx>

int main()
{
    pqxx::connection c("");
    {
        pqxx::work w(c);
        w.exec("/* req=pqxx */ create table pqxx_t (a int, b text)");
        w.exec_params("/* req=pqxx */ insert into pqxx_t values ($1, $2)", 1, "x");
        c.prepare("named", "/* req=pqxx */ select b from pqxx_t where a = $1");
        for (int i = 0; i < 3; i++)
            w.exec_prepared("named", i);
        w.commit();
    }
    {
        pqxx::work w(c);
        pqxx::stream_to to(w, "pqxx_t");
        to << std::make_tuple(2, "y");
        to.complete();
        pqxx::pipeline p(w);
        for (int i = 0; i < 3; i++)
            p.insert("/* req=pqxx */ select count(*) from pqxx_t where a = " + std::to_string(i));
        p.complete();
        w.commit();
    }
    try {
        pqxx::nontransaction n(c);
        n.exec("/* req=pqxx */ select missing from pqxx_t");
    } catch (const pqxx::sql_error &) {
    }
}
