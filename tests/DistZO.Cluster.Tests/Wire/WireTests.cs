using DistZO.Coordinator;
using DistZO.Rpc.V1;
using DistZO.Worker;
using Google.Protobuf;

namespace DistZO.Cluster.Tests.Wire;

/// <summary>What is written on one side is read on the other; and the bytes are frozen, and few.</summary>
public sealed class WireTests
{
    [Fact]
    public void WorkerMessage_OverTheWire_ArrivesWhole()
    {
        foreach (var message in Messages.OfWorkers())
        {
            var bytes = CoordinatorWire.Write(message).ToByteArray();
            var read = WorkerWire.Read(WorkRequest.Parser.ParseFrom(bytes));
            Assert.Equal(message.GetType(), read.GetType());
            Assert.Equal(Text(message), Text(read));
            Assert.Equal(bytes, CoordinatorWire.Write(read).ToByteArray());
        }
    }

    [Fact]
    public void CoordinatorMessage_OverTheWire_ArrivesWhole()
    {
        foreach (var message in Messages.OfCoordinators())
        {
            var bytes = WorkerWire.Write(message).ToByteArray();
            var read = CoordinatorWire.Read(WorkResponse.Parser.ParseFrom(bytes));
            Assert.Equal(message.GetType(), read.GetType());
            Assert.Equal(Text(message), Text(read));
            Assert.Equal(bytes, WorkerWire.Write(read).ToByteArray());
        }
    }

    [Fact]
    public void Messages_OfAllKinds_AreCovered()
    {
        Assert.Equal(
            Enum.GetValues<WorkRequest.MessageOneofCase>().Except([WorkRequest.MessageOneofCase.None]).Order(),
            Messages.OfWorkers().Select(message => CoordinatorWire.Write(message).MessageCase).Distinct().Order());
        Assert.Equal(
            Enum.GetValues<WorkResponse.MessageOneofCase>().Except([WorkResponse.MessageOneofCase.None]).Order(),
            Messages.OfCoordinators().Select(message => WorkerWire.Write(message).MessageCase).Distinct().Order());
    }

    [Fact]
    public void Report_Bytes_AreFrozen() => Assert.Fail(Convert.ToHexStringLower(CoordinatorWire.Write(Messages.LargeReport).ToByteArray()));

    [Fact]
    public void Step_Bytes_AreFrozen() => Assert.Fail(Convert.ToHexStringLower(WorkerWire.Write(Messages.LargeRound).ToByteArray()));

    // What the design promises for one direction, whatever the model and the batch.
    [Fact]
    public void Report_OfOneDirection_HasSixtyFourBytesAtMost() =>
        Assert.InRange(CoordinatorWire.Write(Messages.LargeReport).CalculateSize(), 1, 64);

    [Fact]
    public void Step_OfOneDirection_HasNinetySixBytesAtMost() => Assert.InRange(WorkerWire.Write(Messages.LargeRound).CalculateSize(), 1, 96);

    [Theory]
    [InlineData("")] // no message
    [InlineData("3203120111")] // a digest of one byte
    [InlineData("1a065801")] // a flag without a probe, and cut short
    public void Bytes_OfNoMessage_AreRefused(string hex) => Assert.ThrowsAny<Exception>(() =>
    {
        try
        {
            WorkerWire.Read(WorkRequest.Parser.ParseFrom(Convert.FromHexString(hex)));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException(e.Message);
        }
    });

    /// <summary>A record's own text, lists spelled out.</summary>
    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => text,
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        Optimization.Recipe recipe => recipe.ToJson(),
        Runs.ConfusionTable table => string.Join(
            ' ', Enumerable.Range(0, table.Labels.Count).SelectMany(i => Enumerable.Range(0, table.Labels.Count).Select(j => table[i, j]))),
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Text))}]",
        _ when value.GetType() is { IsPrimitive: false, Namespace: { } place } type && place.StartsWith("DistZO", StringComparison.Ordinal) && !type.IsEnum =>
            $"{type.Name} {{ {string.Join(", ", type.GetProperties().Where(p => p.GetIndexParameters().Length == 0).Select(p => $"{p.Name} = {Text(p.GetValue(value))}"))} }}",
        _ => value.ToString()!,
    };
}
