package declarative
import ("testing";"strings";"fmt";"time";"runtime/debug")
func TestZZ(t *testing.T){
 debug.SetMaxStack(256<<20)
 for _,n:=range []int{10000,40000} {
 for _,l:=range []string{"? a\n","a: 1\n","--- a\n","%YAML 1.2\n---\n","%A 1\n","[=? a,","[=a: 1,","{=? a,","{=a: 1,","{=a,","[=1,","[={},","flags:\n=- key: a\n  ? b\n  : c\n", "flags:\n=- &a {key: a}\n","flags:\n=- !!map {key: a}\n", "flags:\n=- key: a\n  name: >\n    x\n\n    y\n","flags:\n=- [a: b]\n","flags: [=\n\n a: b,","flags:\n=- key: a\n  # comment\n","flags:\n=\n\n","a: \"=x\\u00e9","a: '=x ''\n","a:\n= x y\n"} {
  s:=time.Now()
  _,_,err:=Convert([]byte(func() string { a,b,ok:=strings.Cut(l,"="); if !ok {return strings.Repeat(l,n)}; return a+strings.Repeat(b,n)}()),"")
  e:=fmt.Sprint(err); if len(e)>90 {e=e[:90]}
  if d:=time.Since(s); d>300*time.Millisecond { fmt.Printf("%d %q %v %s\n",n,l,d.Round(time.Millisecond),e) }
 }}
}
