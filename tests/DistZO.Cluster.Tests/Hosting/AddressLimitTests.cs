using System.Net;
using DistZO.Coordinator;

namespace DistZO.Cluster.Tests.Hosting;

public sealed class AddressLimitTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.7");

    private readonly FakeTime _time = new();
    private readonly AddressLimit _limit;

    public AddressLimitTests() => _limit = new AddressLimit(3, TimeSpan.FromMinutes(1), _time);

    [Fact]
    public void Add_BeyondTheMost_IsReachedUntilTheWindowIsOver()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.False(_limit.IsReached(Here));
            Assert.True(_limit.Add(Here));
        }

        Assert.True(_limit.IsReached(Here));
        Assert.False(_limit.Add(Here));
        _time.AdvanceTo(59);
        Assert.True(_limit.IsReached(Here));
        _time.AdvanceTo(60);
        Assert.False(_limit.IsReached(Here));
        Assert.True(_limit.Add(Here));
    }

    [Fact]
    public void Add_OfAnotherAddress_IsCountedByItself()
    {
        for (var i = 0; i < 4; i++) _limit.Add(Here);
        Assert.True(_limit.Add(IPAddress.Parse("192.0.2.8")));
    }

    [Theory]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    public void Source_OfTwoAddresses_IsTheSameForOneMachine(string one, string other, bool same) =>
        Assert.Equal(same, AddressLimit.Source(IPAddress.Parse(one)).Equals(AddressLimit.Source(IPAddress.Parse(other))));

    [Fact]
    public void Add_OfEverNewAddresses_HoldsMemoryAndKnownCounts()
    {
        for (var i = 0; i < 4; i++) _limit.Add(Here);
        for (var i = 0; i < 3 * AddressLimit.MostAddresses; i++) _limit.Add(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
        Assert.InRange(_limit.Addresses, 1, AddressLimit.MostAddresses + 1);
        Assert.True(_limit.IsReached(Here));
        // Strangers share a count by now.
        Assert.True(_limit.IsReached(IPAddress.Parse("198.51.100.1")));
        _time.AdvanceTo(61);
        Assert.False(_limit.IsReached(IPAddress.Parse("198.51.100.1")));
        Assert.True(_limit.Add(IPAddress.Parse("198.51.100.1")));
        Assert.InRange(_limit.Addresses, 1, 2);
    }
}
