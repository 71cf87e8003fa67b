using Google.Protobuf;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>The fields of an encoded protobuf message by their numbers: enough to read OTLP without its generated classes.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Field, ulong Number, ByteString Bytes)> _fields = [];

    public ProtoMessage(ByteString encoded)
    {
        var input = encoded.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            var field = WireFormat.GetTagFieldNumber(tag);
            _fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => (field, input.ReadUInt64(), ByteString.Empty),
                WireFormat.WireType.Fixed64 => (field, input.ReadFixed64(), ByteString.Empty),
                WireFormat.WireType.Fixed32 => (field, input.ReadFixed32(), ByteString.Empty),
                _ => (field, 0UL, input.ReadBytes()),
            });
        }
    }

    public bool Has(int field) => _fields.Exists(one => one.Field == field);

    public IEnumerable<ProtoMessage> Messages(int field) => _fields.Where(one => one.Field == field).Select(one => new ProtoMessage(one.Bytes));

    public ProtoMessage Message(int field) => Messages(field).Single();

    public string Text(int field) => Bytes(field).ToStringUtf8();

    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field).Span);

    public ulong Number(int field) => _fields.Find(one => one.Field == field).Number;

    private ByteString Bytes(int field) => _fields.Find(one => one.Field == field).Bytes ?? ByteString.Empty;
}
