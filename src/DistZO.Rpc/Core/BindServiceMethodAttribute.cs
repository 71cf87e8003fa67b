using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>Says, on a generated service base, which static method tells a <see cref="ServiceBinderBase"/> its methods.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class BindServiceMethodAttribute(
    [DynamicallyAccessedMembers(BindServiceMethodAttribute.Kept)] Type bindType, string bindMethodName) : Attribute
{
    private const DynamicallyAccessedMemberTypes Kept =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods;

    [DynamicallyAccessedMembers(Kept)]
    public Type BindType { get; } = bindType;

    public string BindMethodName { get; } = bindMethodName;
}
