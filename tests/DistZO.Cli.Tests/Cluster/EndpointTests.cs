using DistZO.Cli.Cluster;
using DistZO.Devices;

namespace DistZO.Cli.Tests.Cluster;

public class EndpointTests
{
    [Theory]
    [InlineData("host:80", "host", 80)]
    [InlineData("host", "host", 29400)]
    [InlineData("127.0.0.1:0", "127.0.0.1", 0)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("[::1]", "::1", 29400)]
    [InlineData("::1", "::1", 29400)]
    [InlineData("*:80", "*", 80)]
    public void Parse_OfAnAddress_GivesHostAndPort(string text, string host, int port) =>
        Assert.Equal(new Endpoint(host, port), Endpoint.Parse(text, "--listen", Endpoint.DefaultPort));

    [Theory]
    [InlineData("host:")]
    [InlineData("host:http")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData(":80")]
    [InlineData("")]
    [InlineData("[]:80")]
    [InlineData("[::1")]
    public void Parse_OfWhatIsNone_NamesTheOption(string text) =>
        Assert.StartsWith("--listen: ", Assert.Throws<BadInputException>(() => Endpoint.Parse(text, "--listen", Endpoint.DefaultPort)).Message);

    [Theory]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("host", "host:29400")]
    public void Text_OfAnEndpoint_IsAnAuthority(string text, string expected) =>
        Assert.Equal(expected, Endpoint.Parse(text, "--listen", Endpoint.DefaultPort).ToString());

    [Theory]
    [InlineData("*:80", "0.0.0.0:80")]
    [InlineData("localhost:80", "127.0.0.1:80")]
    [InlineData("[::]:80", "[::]:80")]
    public void Resolve_OfAnAddressToListenOn_GivesIt(string text, string expected) =>
        Assert.Equal(expected, Endpoint.Parse(text, "--listen", 1).Resolve("--listen").ToString());
}
