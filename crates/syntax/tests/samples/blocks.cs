namespace Outer
{
    using System.Linq;

    namespace Inner
    {
        class Program
        {
            static void Main(string[] args)
            {
#if DEBUG
                Console.WriteLine(@"verbatim ""text""");
#endif
                var raw = """
                    raw
                    """;
            }
        }
    }
}
